"""Validation: whatever comes, it is an object or a sentence that names the field and what was expected."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.errors import InvalidCall
from workshop.protocol import BY_NAME, ROUTES, parse_request, wrong_answer
from workshop.protocol.reference import example, fields

SENTENCES = [
    (
        "join",
        b"",
        "NetworkDriver.Join: the body is empty; expected a JSON object with NetworkID and EndpointID",
    ),
    (
        "join",
        b" \n",
        "NetworkDriver.Join: the body is empty; expected a JSON object with NetworkID and EndpointID",
    ),
    ("join", b"[]", "NetworkDriver.Join: expected a JSON object with NetworkID and EndpointID, got a list"),
    ("join", b"null", "NetworkDriver.Join: expected a JSON object with NetworkID and EndpointID, got null"),
    ("gw_alloc_check", b"true", "NetworkDriver.GwAllocCheck: expected a JSON object, got true or false"),
    ("leave", b'{"NetworkID": "n"}', "NetworkDriver.Leave: EndpointID is missing"),
    ("leave", b'{"EndpointID": "e"}', "NetworkDriver.Leave: NetworkID is missing"),
    (
        "leave",
        b'{"NetworkID": 5, "EndpointID": "e"}',
        "NetworkDriver.Leave: NetworkID: expected a string, got a whole number",
    ),
    (
        "delete_network",
        b'{"NetworkID": ""}',
        "NetworkDriver.DeleteNetwork: NetworkID: expected a string that is not empty",
    ),
    (
        "create_endpoint",
        b'{"NetworkID": "n", "EndpointID": "e", "Interface": {"MacAddress": 5}}',
        "NetworkDriver.CreateEndpoint: Interface.MacAddress: expected a string or null, got a whole number",
    ),
    (
        "create_network",
        b'{"NetworkID": "n", "IPv4Data": [{}, {"Pool": []}]}',
        "NetworkDriver.CreateNetwork: IPv4Data[1].Pool: expected a string or null, got a list",
    ),
    (
        "create_network",
        b'{"NetworkID": "n", "Options": {"x": NaN}}',
        "NetworkDriver.CreateNetwork: the body is not JSON (NaN is no number)",
    ),
    (
        "create_network",
        b'{"NetworkID": "n", "x": 1e999}',
        "NetworkDriver.CreateNetwork: a number is too large",
    ),
    (
        "create_network",
        b'{"NetworkID": "\\ud800"}',
        "NetworkDriver.CreateNetwork: a text has half a character in it (a lone surrogate)",
    ),
    (
        "create_network",
        b'{"NetworkID": "n", "x": ' + b"[" * 200 + b"]" * 200 + b"}",
        "NetworkDriver.CreateNetwork: more than 100 objects and lists are inside of each other",
    ),
]


@pytest.mark.parametrize(("name", "body", "sentence"), SENTENCES)
def test_a_body_that_is_wrong_gives_a_sentence_that_names_the_field(name: str, body: bytes, sentence: str):
    with pytest.raises(InvalidCall) as caught:
        parse_request(BY_NAME[name], body)
    assert (caught.value.status, str(caught.value)) == (400, sentence)


@pytest.mark.parametrize("body", [b"{", b"{'a': 1}", b"\xff\xfe\x00", b'"' * 3, b"[" * 100_000, b'{"a":' * 100_000])
def test_what_is_no_json_is_said_to_be_none(body: bytes):
    with pytest.raises(InvalidCall, match=r"NetworkDriver.Join: the body is not JSON \("):
        parse_request(BY_NAME["join"], body)


def test_unknown_fields_pass_and_are_kept():
    body = {"NetworkID": "n", "EndpointID": "e", "Later": {"docker": [99]}}
    assert parse_request(BY_NAME["leave"], json.dumps(body).encode()) == body


def test_null_passes_where_a_field_may_be_absent():
    body = {"NetworkID": "n", "Options": None, "IPv4Data": None}
    assert parse_request(BY_NAME["create_network"], json.dumps(body).encode()) == body


def test_a_route_without_a_body_ignores_what_is_sent():
    assert parse_request(BY_NAME["activate"], b"\x00nonsense") == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def understood_or_refused(name: str, body: bytes) -> None:
    """What comes out can be written as strict JSON again, or it is InvalidCall with one line of text."""
    try:
        value = parse_request(BY_NAME[name], body)
    except InvalidCall as error:
        assert error.status == 400
        assert str(error).startswith(BY_NAME[name].full_name) and "\n" not in str(error)
        return
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode("utf-8")


@given(st.sampled_from(sorted(BY_NAME)), st.binary(max_size=200))
def test_no_bytes_raise_anything_but_an_invalid_call(name: str, body: bytes):
    understood_or_refused(name, body)


@given(st.sampled_from(sorted(BY_NAME)), JSON)
def test_no_json_raises_anything_but_an_invalid_call(name: str, value: Any):
    understood_or_refused(name, json.dumps(value).encode("utf-8", "surrogatepass"))


@given(st.data(), st.sampled_from([route for route in ROUTES if route.request and route.request.__annotations__]))
def test_no_value_in_a_known_field_raises_anything_but_an_invalid_call(data: st.DataObject, route: Any):
    body = example(route.request)
    name = data.draw(st.sampled_from([field.name for field in fields(route.request)]))
    understood_or_refused(route.name, json.dumps(body | {name: data.draw(JSON)}).encode())


@pytest.mark.parametrize(
    ("name", "answer", "wrong"),
    [
        ("join", {}, None),
        ("join", {"Err": "no"}, None),
        ("join", {"Err": 5}, "Err must be a string, got a whole number"),
        ("join", "x", "the answer must be a JSON object, got a string"),
        ("join", None, "the answer must be a JSON object, got null"),
        ("join", {"InterfaceName": {"DstPrefix": "eth"}}, "InterfaceName.SrcName is missing"),
        ("join", {"InterfaceName": None, "Unknown": 5}, None),
        ("join", {"Gateway": 5}, "Gateway: expected a string or null, got a whole number"),
        ("get_capabilities", {"Scope": "world"}, "Scope: invalid enum value 'world'"),
        ("activate", {}, "Implements is missing"),
    ],
)
def test_an_answer_that_docker_could_not_read_is_told_in_a_sentence(name: str, answer: Any, wrong: str | None):
    assert wrong_answer(BY_NAME[name], answer) == wrong


@given(st.sampled_from(sorted(BY_NAME)), JSON)
def test_no_answer_makes_the_check_of_answers_fail(name: str, answer: Any):
    said = wrong_answer(BY_NAME[name], answer)
    assert said is None or said.strip()
