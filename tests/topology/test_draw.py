"""Pictures: everything has its place and keeps it, and what is written is text whatever it says."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from tests.topology import samples
from tests.topology.samples import Sample
from workshop.errors import CannotHere
from workshop.topology import draw, layout, words
from workshop.topology import graph as graphs
from workshop.topology.shapes import COLUMN, Box, Picture

SVG = "{http://www.w3.org/2000/svg}"
GRAPHS = {
    "empty": graphs.empty,
    "no network": lambda: samples.shop(-1),
    **{f"{count} containers": lambda count=count: samples.shop(count) for count in (0, 1, 2, 5, 20, 31, 50)},
    "two networks": samples.two_networks,
    "troubles": samples.troubles,
    "two hosts": samples.two_hosts,
    **{f"own namespace, {count} containers": lambda n=count: samples.own_namespace(n) for count in (0, 3, 40)},
    "own namespace without a gateway": lambda: samples.own_namespace(gateway=False),
    "two hosts, own namespaces": samples.two_own_namespaces,
}
every_graph = pytest.mark.parametrize("graph", [make() for make in GRAPHS.values()], ids=GRAPHS)


def corners(made: Picture) -> dict[str, tuple[float, float]]:
    """The upper left corner of each box: plates and frames grow downwards."""
    return {box.id: (box.x - box.w / 2, box.y - box.h / 2) for box in made.boxes.values()}


def overlap(one: Box, two: Box) -> bool:
    return abs(one.x - two.x) < (one.w + two.w) / 2 and abs(one.y - two.y) < (one.h + two.h) / 2


@every_graph
def test_no_two_boxes_overlap_but_those_within_a_frame(graph: graphs.Graph) -> None:
    boxes = [box for box in layout.picture(graph).boxes.values() if not {"host", "room"} & {*box.classes}]
    for number, one in enumerate(boxes):
        rest = (two for two in boxes[number + 1 :] if not {"bridge", "inset"} <= {*one.classes, *two.classes})
        assert not [two.id for two in rest if overlap(one, two)], one.id


@every_graph
def test_what_is_in_the_root_namespace_is_within_its_frame_and_containers_are_not(
    graph: graphs.Graph,
) -> None:
    made = layout.picture(graph)
    frames = [box for box in made.boxes.values() if "host" in box.classes]
    for box in made.boxes.values():
        inside = any(
            abs(box.x - frame.x) <= (frame.w - box.w) / 2 and abs(box.y - frame.y) <= (frame.h - box.h) / 2
            for frame in frames
        )
        if {"bridge", "port", "uplink", "other", "title"} & set(box.classes):
            assert inside, box.id
        if "container" in box.classes:
            assert not any(overlap(box, frame) for frame in frames), box.id


@every_graph
def test_text_fits_into_its_box(graph: graphs.Graph) -> None:
    for box in layout.picture(graph).boxes.values():
        for line, style in box.lines:
            wide = words.width(line) * COLUMN * (1.35 if style == "name" else 1)
            assert wide <= box.w, (box.id, line)
        assert len(box.lines) * 18 <= box.h, box.id


@every_graph
def test_wires_begin_and_end_at_the_sides_of_their_boxes(graph: graphs.Graph) -> None:
    made = layout.picture(graph)
    for wire in made.wires:
        one, two = (made.boxes[end] for end in wire.ends)
        side = one.x - one.w / 2 if one.x == two.x and "out" in wire.classes else one.x + one.w / 2
        assert wire.start[0] == side and abs(wire.start[1] - one.y) <= one.h / 2
        assert wire.end[0] in (two.x - two.w / 2, two.x + two.w / 2) and abs(wire.end[1] - two.y) <= two.h / 2


def test_one_more_of_twenty_moves_nothing() -> None:
    before, after = corners(layout.picture(samples.shop(20))), corners(layout.picture(samples.shop(21)))
    assert [each for each in before if before[each] != after[each]] == []
    assert len(after) == len(before) + 2, "a plug and a container"


def test_one_less_moves_nothing_and_its_row_is_the_newcomers() -> None:
    sample = Sample()
    host = sample.host()
    bridge = sample.bridge(host)
    for name in "abcdef":
        sample.plug(host, bridge, sample.space(host, name))
    before = layout.picture(sample.done())
    root, gone = host["namespaces"][0], host["namespaces"].pop(3)
    (peer,) = (link["peer"] for link in gone["links"])
    root["links"] = [link for link in root["links"] if link["id"] != peer]
    without = layout.picture(sample.done())
    assert not [each for each in without.boxes if corners(without)[each] != corners(before)[each]]
    sample._next += 100
    space = sample.space(host, "new")
    end = sample.plug(host, bridge, space)
    root["links"][-1]["id"] = f"{root['id']}/999"  # an index of its own
    end["peer"] = f"{root['id']}/999"
    after = layout.picture(sample.done())
    newcomer = after.boxes[f"container-{space['id']}"]
    assert newcomer.y == before.boxes[f"container-{gone['id']}"].y


def test_a_bridge_that_grows_leaves_the_older_ones_where_they_are() -> None:
    sample = Sample()
    host = sample.host()
    one, two = sample.bridge(host), sample.bridge(host, 2, "backend")
    sample.plug(host, one, sample.space(host, "a"))
    sample.plug(host, two, sample.space(host, "b"))
    before = corners(layout.picture(sample.done()))
    sample.plug(host, two, sample.space(host, "c"))
    after = corners(layout.picture(sample.done()))
    assert not [each for each in before if before[each] != after[each]]


def test_a_container_on_two_networks_is_drawn_once_with_both_interfaces() -> None:
    made = layout.picture(samples.two_networks())
    (proxy,) = (box for box in made.boxes.values() if ("proxy", "name") in box.lines)
    assert [text for text, _ in proxy.lines[1:]] == ["eth0 10.1.0.5/24", "eth1 10.2.0.7/24", "8080 → 80/tcp"]
    assert len([wire for wire in made.wires if wire.ends[1] == proxy.id]) == 2


def test_more_than_thirty_containers_are_folded_into_one() -> None:
    made = layout.picture(samples.shop(47))
    folded = [box.lines for box in made.boxes.values() if "more" in box.classes]
    assert folded == [[("+17 containers", "name")]]
    assert len([box for box in made.boxes.values() if "container" in box.classes]) == 31
    made = layout.picture(samples.shop(31))
    assert not [box for box in made.boxes.values() if "more" in box.classes], "one is not folded alone"


def test_states_are_told_by_word_and_by_class() -> None:
    made = layout.picture(samples.troubles())
    told = {text: box.classes for box in made.boxes.values() for text, style in box.lines if "wrong" in style}
    assert "left-over" in told["left over"] and "bridge" in told["down"] + told["left over"]
    assert "down" in told["eth0 10.1.0.5/24 down"]
    assert any("unnamed" in box.classes for box in made.boxes.values())
    waiting = [box for box in layout.picture(samples.two_networks()).boxes.values() if "waiting" in box.classes]
    assert [("not in a container", "plain") in box.lines for box in waiting] == [True, True]


def test_what_a_call_made_is_marked() -> None:
    graph = samples.shop(2)
    port = graph["hosts"][0]["namespaces"][0]["links"][2]
    port["made_by"] = 7
    marked = [box.id for box in layout.picture(graph, 7).boxes.values() if "made-now" in box.classes]
    assert marked == [f"port-{port['id']}"]
    assert "made-now" in draw.dot(graph, 7) and "made-now" not in draw.dot(graph, 8)


def test_a_host_without_networks_says_so() -> None:
    for graph in (graphs.empty(), samples.shop(-1)):
        lines = [text for box in layout.picture(graph).boxes.values() for text, _ in box.lines]
        assert "no networks yet" in lines


def within(box: Box, frame: Box) -> bool:
    return abs(box.x - frame.x) <= (frame.w - box.w) / 2 and abs(box.y - frame.y) <= (frame.h - box.h) / 2


def test_plate_and_plugs_are_in_the_frame_of_their_networks_own_namespace_and_the_rest_is_not() -> None:
    for graph in (samples.own_namespace(), samples.own_namespace(40), samples.two_own_namespaces()):
        made = layout.picture(graph)
        frames = {box.id.removeprefix("room-"): box for box in made.boxes.values() if "room" in box.classes}
        assert len(frames) == 2
        for box in made.boxes.values():
            home = box.id.partition("-")[2].partition("/")[0]
            if home in frames:
                outside = {"tunnel", "container"} & {*box.classes}
                assert within(box, frames[home]) if not outside else not overlap(box, frames[home]), box.id
            elif "host" not in box.classes:
                assert not any(overlap(box, frame) for frame in frames.values()), box.id
        titles = [box.lines[0][0] for box in made.boxes.values() if "title" in box.classes]
        assert len([text for text in titles if text.startswith("namespace wsn56aaf7d6a")]) == 2


def test_a_networks_own_namespace_is_no_container() -> None:
    graph = samples.own_namespace()
    containers = [box.lines[0][0] for box in layout.picture(graph).boxes.values() if "container" in box.classes]
    assert containers == ["web-0", "db-1", "cache-2", "beside"]
    assert "container wsn" not in draw.text(graph)


def test_the_gateway_of_such_a_network_stands_in_the_left_column_between_the_uplink_and_its_port() -> None:
    graph = samples.own_namespace()
    made = layout.picture(graph)
    links = {link["name"]: link["id"] for link in graphs.links(graph).values()}
    end, port = (links[name] for name in ("wsg56aaf7d6a1", "wsu56aaf7d6a1"))
    gateway = made.boxes[f"uplink-{end}"]
    assert [text for text, _ in gateway.lines] == ["wsg56aaf7d6a1", "10.1.0.1/24", "gateway"]
    ends = {wire.id: wire.ends for wire in made.wires}
    first = graph["hosts"][0]["namespaces"][0]["links"][0]["id"]
    assert ends[f"wire-{end}"] == (gateway.id, f"port-{port}") and ends[f"out-{end}"] == (f"uplink-{first}", gateway.id)
    assert f"out-{links['wsb56aaf7d6a1']}" not in ends, "not to the bridge: it has no address"
    assert within(made.boxes[f"port-{port}"], made.boxes[f"bridge-{links['wsb56aaf7d6a1']}"])
    without = layout.picture(samples.own_namespace(gateway=False))
    assert len([box for box in without.boxes.values() if ("gateway", "soft") in box.lines]) == 1, "of the other network"


def test_what_is_wrong_with_the_bridge_there_is_told_above_the_port_that_is_set_into_it() -> None:
    graph = samples.own_namespace()
    room = graph["hosts"][0]["namespaces"][1]
    for link in room["links"]:
        link |= {"left_over": True, "should_have_gone": 12, "state": "down"}
    made = layout.picture(graph)
    bridge = next(link for link in room["links"] if link["kind"] == "bridge")
    plate, inset = made.boxes[f"bridge-{bridge['id']}"], made.boxes[f"port-{room['links'][1]['id']}"]
    text = 26 + sum(22 if style == "name" else 18 for _, style in plate.lines)  # the first 26 are left free
    assert ("by call 12", "wrong") in plate.lines and ("down", "wrong") in plate.lines
    assert plate.y - plate.h / 2 + text <= inset.y - inset.h / 2
    assert {"left-over", "down"} <= {*inset.classes}


def test_what_is_in_a_namespace_of_its_own_keeps_its_place_when_others_come_and_go() -> None:
    sample = Sample()
    host = sample.host()
    room = sample.room(host)
    sample.room_tunnel(host, room)
    for name in "abc":
        sample.room_plug(room, sample.space(host, name))
    before = corners(layout.picture(sample.done()))
    sample.room_plug(room, sample.space(host, "d"))
    after = corners(layout.picture(sample.done()))
    assert [each for each in before if before[each] != after[each]] == []
    gone = host["namespaces"].pop(3)
    room["links"] = [link for link in room["links"] if link["id"] != gone["links"][0]["peer"]]
    last = corners(layout.picture(sample.done()))
    assert [each for each in last if last[each] != after[each]] == []


def test_tunnels_between_namespaces_of_their_own_are_drawn_from_host_to_host() -> None:
    made = layout.picture(samples.two_own_namespaces())
    (wire,) = (wire for wire in made.wires if wire.id.startswith("across-"))
    assert [made.boxes[end].lines[1][0] for end in wire.ends] == ["192.0.2.10 port 4789", "192.0.2.11 port 4789"]
    assert made.boxes[wire.ends[0]].lines[2][0] == "to 192.0.2.11 (beta)"


def test_the_text_shows_a_networks_own_namespace_with_its_bridge_and_the_gateway_beside_it() -> None:
    text = draw.text(samples.own_namespace())
    assert "├─ wsg56aaf7d6a1  10.1.0.1/24  gateway\n" in text
    assert "├─ namespace wsn56aaf7d6a1\n│  └─ wsb56aaf7d6a1  bridge of network shop\n" in text
    assert "│     ├─ wsu56aaf7d6a1 ── wsg56aaf7d6a1  the gateway\n" in text
    assert re.search(r"wsh\w+ ── eth0  10\.1\.0\.4/24 .* in  container web-0\n", text)
    assert re.search(r"wsh\w+ ── wsc0a0b0c0d0e  not in a container\n", text)


NASTY = [
    "<b>&amp;</b>", 'a"b', "back\\slash\\N\\", "x" * 500,
    "🐳👩\u200d👩\u200d👧" * 30, "שלום \u202eabc", "容器" * 40,
   
    "]]>", "\x00\x1b[31mred", "{a|b}", "<TABLE>", "&#x41;", "\ud800", "\n", "",
    "%s", "--", "/*", 'label="x"];evil', '<<B>x</B>>, URL="x"',
]  # fmt: skip


@pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
def test_names_from_outside_are_text_whatever_they_say(name: str) -> None:
    sample = Sample()
    host = sample.host(name or "h")
    bridge = sample.bridge(host, 1, name)
    space = sample.space(host, "x")
    space["container"]["name"] = name
    sample.plug(host, bridge, space, name=name[:15])
    sample.port(host, bridge, alias=name)
    graph = sample.done()
    root = drawn(graph)
    plain = drawn(samples.shop(1))
    assert {element.tag for element in root.iter()} <= {element.tag for element in plain.iter()} | {f"{SVG}a"}
    written = "".join(text.text or "" for text in root.iter(f"{SVG}text"))
    clean = words.clean(name)
    if words.width(clean) < 9 and name:
        assert clean.replace(" ", "\u00a0") in written
    elif words.width(clean) > 30:
        assert "…" in written
    assert not re.search("[\x00-\x08\x1b\u202e]", written)
    assert words.clean(name)[:20] in draw.text(graph)


def drawn(graph: graphs.Graph) -> ElementTree.Element:
    return ElementTree.fromstring(draw.svg(graph))


@every_graph
def test_the_picture_of_graphviz_has_every_id_and_class_and_no_small_text(graph: graphs.Graph) -> None:
    made = layout.picture(graph)
    groups = {each.get("id"): each.get("class") for each in drawn(graph).iter(f"{SVG}g")}
    for box in made.boxes.values():
        assert groups[box.id] == " ".join(["node", *box.classes])
    for wire in made.wires:
        assert groups[wire.id] == " ".join(["edge", *wire.classes])
    assert len(made.boxes) + len(made.wires) == len({each.id for each in [*made.boxes.values(), *made.wires]})
    sizes = [float(each.get("font-size", "0")) for each in drawn(graph).iter(f"{SVG}text")]
    assert min(sizes) >= 14


def test_graphviz_leaves_everything_where_the_layout_put_it() -> None:
    made = layout.picture(samples.shop(3))
    dot = subprocess.run(
        ["neato", "-n2", "-Tplain"],
        input=draw.dot(samples.shop(3)),
        capture_output=True,
        text=True,
        check=True,
    )
    found = {}
    for line in dot.stdout.splitlines():
        if line.startswith("node"):
            _, name, x, y, *_ = line.split(" ")
            found[name.strip('"')] = (float(x) * 72, float(y) * 72)
    assert {box.id: (round(box.x), round(-box.y)) for box in made.boxes.values()} == {
        name: (round(x), round(y)) for name, (x, y) in found.items()
    }


def test_without_graphviz_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(CannotHere) as caught:
        draw.svg(graphs.empty())
    assert "apt install graphviz" in caught.value.remedy


def test_a_png_is_written(tmp_path: Path) -> None:
    assert shutil.which("neato")
    draw.png(samples.shop(1), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_the_same_graph_gives_the_same_picture_whatever_the_order_of_its_lists() -> None:
    graph = samples.two_networks()
    shuffled: dict[str, Any] = {**graph, "hosts": [{**graph["hosts"][0]}]}
    shuffled["hosts"][0]["namespaces"] = list(reversed(graph["hosts"][0]["namespaces"]))
    assert draw.dot(graphs.ordered(shuffled)) == draw.dot(graph)


def test_the_text_shows_who_is_plugged_in_where() -> None:
    text = draw.text(samples.two_networks())
    assert "wsb56aaf7d601  10.1.0.1/24  bridge of network shop" in text
    assert re.search(r"├─ wsh\w+ ── eth0  10\.1\.0\.2/24 .* in  container web$", text, re.M)
    assert re.search(r"wsc\w+  not in a container", text)
    assert "left over" in text and "8080 → 80/tcp" in text
    assert draw.text(graphs.empty()) == "no networks yet\n"
    assert "+20 more" in draw.text(samples.shop(50))
