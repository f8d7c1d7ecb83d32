"""Folding: as much as is needed for what is left to be legible, or as one wishes; nobody else moves for it."""

from __future__ import annotations

import pytest

from tests.topology import samples
from tests.topology.samples import Sample
from workshop.topology import layout
from workshop.topology.folds import FEWEST, Folds, wished
from workshop.topology.shapes import Picture


def folded(made: Picture) -> list[str]:
    return [box.lines[0][0] for box in made.boxes.values() if "more" in box.classes]


def drawn(made: Picture) -> int:
    return len([box for box in made.boxes.values() if "container" in box.classes and "more" not in box.classes])


@pytest.mark.parametrize("high", [500, 720, 1000, 2000])
def test_a_picture_is_no_higher_than_there_is_room_for(high: int) -> None:
    for graph in (samples.shop(50), samples.two_networks(), samples.two_hosts()):
        made = layout.picture(graph, folds=Folds(high))
        if drawn(made) > 2 * FEWEST:
            assert made.height <= high + 2
    made = layout.picture(samples.shop(50), folds=Folds(high))
    assert folded(made) == [f"+{50 - drawn(made)} containers"]
    assert layout.picture(samples.shop(5), folds=Folds(500)).boxes.keys() >= {"host-alpha"}
    assert folded(layout.picture(samples.shop(5), folds=Folds(100))) == [], "one alone is not folded"


def test_a_group_is_folded_or_shown_whole_as_one_wishes_and_the_others_stay() -> None:
    graph = samples.two_networks()
    shop = next(link["id"] for link in graph["hosts"][0]["namespaces"][0]["links"] if link["network_name"] == "shop")
    usual, shut = layout.picture(graph), layout.picture(graph, folds=wished({"shut": [shop]}))
    assert folded(usual) == [] and folded(shut) == ["+1 container"], "the proxy is shown on its other network"
    big = samples.shop(50)
    bridge = next(link["id"] for link in big["hosts"][0]["namespaces"][0]["links"] if link["kind"] == "bridge")
    assert drawn(layout.picture(big, folds=wished({"high": 700, "open": [bridge]}))) == 50


def test_a_host_is_one_box_if_one_wishes() -> None:
    made = layout.picture(samples.two_hosts(), folds=wished({"hosts": ["alpha"]}))
    box = made.boxes["shut-alpha"]
    assert [text for text, _ in box.lines] == ["2 containers", "1 bridge"]
    assert not [each for each in made.boxes if each.startswith("port-") and "alpha" in each]
    assert made.height < layout.picture(samples.two_hosts()).height


def test_a_network_in_a_namespace_of_its_own_is_folded_as_others_are() -> None:
    graph = samples.own_namespace(40)
    for high in (700, 1200, 2000):
        made = layout.picture(graph, folds=Folds(high))
        assert made.height <= high + 2 or drawn(made) <= 2 * FEWEST
        assert folded(made) == [f"+{41 - drawn(made)} containers"]
    box = layout.picture(graph, folds=wished({"hosts": ["alpha"]})).boxes["shut-alpha"]
    assert [text for text, _ in box.lines] == ["41 containers", "3 bridges"]


def test_what_is_wrong_shows_on_the_box_that_it_is_folded_into() -> None:
    graph = samples.shop(50)
    ports = [link for link in graph["hosts"][0]["namespaces"][0]["links"] if link["master"]]
    ports[45] |= {"left_over": True, "should_have_gone": 9, "made_by": 3}
    (box,) = (each for each in layout.picture(graph, 3).boxes.values() if "more" in each.classes)
    assert {"left-over", "made-now"} <= set(box.classes)
    assert ("1 left over", "wrong") in box.lines


def test_containers_on_a_parent_keep_their_places_and_are_folded_too() -> None:
    sample = Sample()
    host = sample.host()
    parent = host["namespaces"][0]["links"][0]
    for number in range(40):
        space = sample.space(host, f"mac-{number}")
        space["row"] = number
        sample.link(space, "eth0", "macvlan", addresses=[f"192.0.2.{number + 50}/24"], parent=parent["id"])
    made = layout.picture(sample.done())
    assert drawn(made) == 30 and folded(made) == ["+10 containers"]
    before = {box.id: box.y for box in made.boxes.values()}
    del host["namespaces"][3]
    after = layout.picture(sample.done())
    assert not [each for each in after.boxes.values() if each.id in before and each.y != before[each.id]]
