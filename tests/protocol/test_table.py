"""The table of routes holds what it promises: to itself, to the reference page, and to real Docker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from workshop.protocol import BY_NAME, BY_PATH, ROUTES, Route, parse_request, wrong_answer
from workshop.protocol.labels import LABELS
from workshop.protocol.reference import PARTS, Field, example, fields, page

HERE = Path(__file__).parent
TRANSCRIPTS = sorted((HERE.parent / "transcripts").glob("*.json"))
GENERIC = "com.docker.network.generic"


def calls_of(transcript: Path) -> list[dict[str, Any]]:
    return [call for step in json.loads(transcript.read_text()) for call in step["calls"]]


def bodies() -> list[tuple[Route, dict[str, Any]]]:
    calls = [call for transcript in TRANSCRIPTS for call in calls_of(transcript)]
    return [(BY_PATH[call["path"]], call["body"]) for call in calls if call["body"] is not None]


def every_field() -> list[Any]:
    bodies = {body.__name__: body for route in ROUTES for body in (route.request, route.answer) if body}
    bodies |= {part.__name__: part for part in PARTS}
    return [pytest.param(field, id=f"{name}.{field.name}") for name, body in bodies.items() for field in fields(body)]


def test_the_transcripts_of_three_engines_and_a_swarm_are_there():
    assert [path.stem for path in TRANSCRIPTS] == [
        "docker-20.10",
        "docker-26.1",
        "docker-28.5",
        "ipam-20.10",
        "ipam-26.1",
        "ipam-28.5",
        "swarm-28.5-manager-26.1-worker",
        "volumes-20.10",
        "volumes-26.1",
        "volumes-28.5",
    ]


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda path: path.stem)
def test_every_call_of_a_real_docker_is_in_the_table_and_its_body_validates(transcript: Path):
    calls = calls_of(transcript)
    for call in calls:
        route = BY_PATH[call["path"]]
        body = b"" if call["body"] is None else json.dumps(call["body"]).encode()
        assert parse_request(route, body) == (call["body"] or {})
        if call["body"] is None:
            assert route.request is None
    assert len(calls) > 40


def test_every_field_that_a_real_docker_sent_is_in_the_table():
    sent = {(route.request, key) for route, body in bodies() for key in body}
    for body, key in sent:
        assert key in {field.name for field in fields(body)}, f"{body.__name__} lacks {key}"


@pytest.mark.parametrize(
    ("route", "field", "part"),
    [
        ("create_network", "IPv4Data", "IPAMData"),
        ("create_network", "IPv6Data", "IPAMData"),
        ("create_endpoint", "Interface", "EndpointInterface"),
        ("discover_new", "DiscoveryData", "NodeDiscovery"),
    ],
)
def test_every_field_inside_of_an_object_that_docker_sent_is_in_the_table(route: str, field: str, part: str):
    known = {one.name for body in PARTS if body.__name__ == part for one in fields(body)}
    objects = [body.get(field) for sent, body in bodies() if sent.name == route]
    flat = [one for value in objects for one in (value if isinstance(value, list) else [value]) if one]
    assert flat
    assert {key for one in flat for key in one} <= known


def test_every_key_that_docker_itself_put_into_options_is_a_known_label_of_that_route():
    known = {(route, label.key) for label in LABELS for route in label.routes}
    sent = {
        (route.name, key)
        for route, body in bodies()
        if route.name not in ("allocate_network", "ipam_request_pool")  # there the user's own pairs are the options
        for key in body.get("Options") or {}
    }
    assert sent and sent <= known
    assert {key for _, key in sent} == {label.key for label in LABELS}, "a label that no engine sends"


def test_ports_that_docker_sent_are_as_the_table_says():
    for route, body in bodies():
        for label in LABELS:
            value = (body.get("Options") or {}).get(label.key)
            if value is not None and route.name in label.routes:
                kind = list[label.type] if label.many else label.type
                assert msgspec.convert(value, kind) == value


@pytest.mark.parametrize("field", every_field())
def test_a_field_has_a_meaning_that_is_a_sentence_and_an_example_of_its_type(field: Field):
    assert field.meaning.strip() == field.meaning and field.meaning.endswith(".")
    assert msgspec.convert(field.example, field.type) == field.example


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_the_examples_of_a_route_make_a_valid_request_and_answer(route: Route):
    assert parse_request(route, json.dumps(example(route.request)).encode()) == example(route.request)
    assert wrong_answer(route, example(route.answer)) is None


def test_handlers_have_the_names_of_their_methods_in_snake_case_and_other_apis_say_so():
    assert list(BY_NAME) == [
        "activate",
        "get_capabilities",
        "gw_alloc_check",
        "allocate_network",
        "free_network",
        "create_network",
        "delete_network",
        "create_endpoint",
        "endpoint_oper_info",
        "delete_endpoint",
        "join",
        "leave",
        "program_external_connectivity",
        "revoke_external_connectivity",
        "discover_new",
        "discover_delete",
        "ipam_get_capabilities",
        "ipam_get_default_address_spaces",
        "ipam_request_pool",
        "ipam_release_pool",
        "ipam_request_address",
        "ipam_release_address",
        "volume_capabilities",
        "volume_create",
        "volume_get",
        "volume_list",
        "volume_mount",
        "volume_path",
        "volume_unmount",
        "volume_remove",
    ]


def test_the_committed_reference_page_is_the_one_that_the_table_gives():
    committed = HERE.parents[1] / "docs" / "protocol.md"
    assert committed.read_text(encoding="utf-8") == page(), (
        "run: python -m workshop.protocol.reference > docs/protocol.md"
    )


def test_the_reference_page_tells_of_every_route_field_and_label():
    text = page()
    for route in ROUTES:
        assert f"## {route.full_name}\n" in text and route.when in text and route.on_error in text
        for body in (route.request, route.answer):
            assert all(f"| `{field.name}`" in text for field in fields(body)) if body else True
    assert all(f"`{label.key}`" in text for label in LABELS)


def test_every_link_inside_of_the_reference_page_leads_to_a_heading():
    text = page()
    titles = [line.lstrip("# ") for line in text.splitlines() if line.startswith("#")]
    anchors = {title.lower().replace(".", "").replace(" ", "-") for title in titles}
    links = {piece.split(")")[0] for piece in text.split("](#")[1:]}
    assert links and links <= anchors
