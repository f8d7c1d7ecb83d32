"""Slides never lie: each JSON is what the table allows, each call is a recorded one, each name is there."""

from __future__ import annotations

import ast
import json
import re
import types
import typing
from typing import Any

import pytest

from tests.deck import excerpt
from tests.deck.shown import all_blocks, all_slides, show
from tests.support.pages import ROOT
from workshop.course.exercise import catalogue
from workshop.course.host import Host
from workshop.deck.blocks import BY_ROUTE, KINDS, Block
from workshop.protocol import BY_NAME, NETWORK_ROUTES, mismatch, wrong_answer

COMPARED = {"call", "json", "console", "python", "picture", "exercise"}
"""Kinds of blocks whose content is compared: here, in ``test_commands.py`` and in ``test_pictures.py``."""

NOTHING_TO_COMPARE = {"live", "diagram"}
"""Kinds that say nothing by themselves; what a diagram may not hold is tested below."""


def unknown_keys(value: Any, body: Any) -> list[str]:
    """The keys of an object, and of those inside of it, that a TypedDict has not."""
    if typing.get_origin(body) in (typing.Annotated, typing.NotRequired, typing.Required):
        return unknown_keys(value, typing.get_args(body)[0])
    if typing.get_origin(body) in (typing.Union, types.UnionType):
        return [] if value is None else unknown_keys(value, typing.get_args(body)[0])  # all unions are with null
    if isinstance(value, list):
        return [key for item in value for key in unknown_keys(item, (*typing.get_args(body), Any)[0])]
    if not typing.is_typeddict(body) or not isinstance(value, dict):
        return []
    hints = typing.get_type_hints(body, include_extras=True)
    return [key for key in value if key not in hints] + [
        key for name, item in value.items() if name in hints for key in unknown_keys(item, hints[name])
    ]


def said_wrong(route: str, side: str, value: Any) -> str | None:
    """What is wrong with a JSON on a slide."""
    known = BY_ROUTE[route]
    body = known.request if side == "request" else known.answer
    if strange := unknown_keys(value, body) if "Err" not in value else []:
        return f"{route} has no {strange[0]}"
    return mismatch(value, body) if side == "request" else wrong_answer(known, value)


def test_each_kind_of_block_is_compared_or_has_nothing_to_compare():
    assert set(KINDS) == COMPARED | NOTHING_TO_COMPARE


def test_each_json_is_one_that_the_protocol_allows():
    shown = list(all_blocks("json"))
    assert shown
    wrong = [
        f"{block.file} line {block.line}: {said}"
        for _, block in shown
        if (said := said_wrong(*block.words, json.loads(block.body)))
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("route", "side", "value"),
    [
        ("NetworkDriver.GetCapabilities", "answer", {"Scope": "regional"}),
        ("NetworkDriver.GetCapabilities", "answer", {"Scop": "local"}),
        ("NetworkDriver.Join", "answer", {"InterfaceName": {"SrcName": "a", "DstPrefx": "eth"}}),
        ("NetworkDriver.CreateEndpoint", "request", {"NetworkID": "1"}),
    ],
)
def test_a_json_that_it_does_not_allow_is_found(route: str, side: str, value: Any):
    assert said_wrong(route, side, value)


def test_json_within_the_text_can_be_read_and_has_known_keys():
    known = {
        key
        for route in BY_ROUTE.values()
        for body in (route.request, route.answer)
        if body is not None
        for key in typing.get_type_hints(body)
    }
    for slide in all_slides():
        for span in re.findall(r"`(\{.*?\})`", slide.text + slide.notes):
            assert set(json.loads(span)) <= known | {"Err"}, f"{slide.file}, slide {slide.id}: {span}"


def test_diagrams_hold_no_command_and_no_json():
    for slide, block in all_blocks("diagram"):
        assert not re.search(r'^\s*\$ |[{}]|": ', block.body, re.MULTILINE), f"slide {slide.id}"


def test_every_route_of_a_network_driver_has_a_slide_with_a_recorded_call():
    shown = {block.words[0] for _, block in all_blocks("call")}
    assert {route.full_name for route in NETWORK_ROUTES} <= shown


def test_recorded_calls_are_those_of_the_recordings():
    assert json.loads((ROOT / "slides" / "calls.json").read_text()) == excerpt.rows()


def test_calls_that_are_shown_are_from_a_docker_engine_and_were_answered_well():
    for slide, block in all_blocks("call"):
        pairs = dict(word.split("=") for word in block.words[1:])
        found = show().sources.recordings.find(
            pairs.get("from", "bridge"), block.words[0], int(pairs.get("number", "1"))
        )
        assert found.engine in ("20.10", "26.1", "28.5"), f"slide {slide.id}"
        assert found.answer is not None and "Err" not in found.answer, f"slide {slide.id}"
        assert pairs.get("show") != "kernel" or found.told, f"slide {slide.id}: the kernel was told nothing"


# -- Python


def wrong_in_python(block: Block) -> list[str]:
    """What a block of Python names that there is not: a handler, a field of its request, a part of its host."""
    tree = ast.parse(block.body)
    wrong = []
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        route = BY_NAME.get(function.name)
        if route is None or [argument.arg for argument in function.args.args] != ["request", "host"]:
            wrong.append(f"{function.name} is no handler")
            continue
        fields = typing.get_type_hints(route.request) if route.request else {}
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "host":
                wrong += [] if hasattr(Host, node.attr) or node.attr in Host.__annotations__ else [f"host.{node.attr}"]
            if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "request":
                assert isinstance(node.slice, ast.Constant)
                wrong += [] if node.slice.value in fields else [f"request[{node.slice.value!r}]"]
    return wrong


def test_python_can_be_imported_and_names_what_there_is():
    shown = list(all_blocks("python"))
    assert shown
    for slide, block in shown:
        exec(compile(block.body, f"slide {slide.id}", "exec"), {})  # imports and definitions; calls nothing
        assert not wrong_in_python(block), f"slide {slide.id}"


def test_python_that_names_what_there_is_not_is_found():
    body = "def join(request, host):\n    host.kernl.link()\n    return request['NetworkId']\n"
    body += "def jion(request, host): pass\n"
    found = wrong_in_python(Block("python", (), body, "a.md", 1))
    assert sorted(found) == ["host.kernl", "jion is no handler", "request['NetworkId']"]


# -- where exercises and findings lead


def test_every_slide_that_an_exercise_names_is_there():
    there = {slide.id for slide in all_slides()}
    named = {each.slide for each in catalogue(broken=[])}
    named |= set(re.findall(r'slide="([^"]+)"', "".join(path.read_text() for path in ROOT.glob("exercises/*/*.py"))))
    assert len(named) == 16 and named <= there


def test_every_exercise_has_a_slide_that_opens_it_behind_the_one_it_leads_to():
    order = [slide.id for slide in all_slides()]
    openings = {int(block.words[0]): slide.id for slide, block in all_blocks("exercise")}
    exercises = catalogue(broken=[])
    assert sorted(openings) == [each.number for each in exercises] == list(range(1, 17))
    assert [order.index(openings[number]) for number in sorted(openings)] == sorted(
        order.index(opening) for opening in openings.values()
    ), "in the order of their numbers"
    for each in exercises:
        assert order.index(each.slide) < order.index(openings[each.number]), each.name


def test_every_slide_has_a_title_and_the_presenter_has_something_to_say():
    slides = all_slides()
    assert all(slide.title for slide in slides)
    assert sum(bool(slide.notes) for slide in slides) > len(slides) / 3
