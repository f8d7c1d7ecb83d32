"""A network in a namespace of its own, on the page: a frame in its host, no container, and all of it can be asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.world import World
from tests.topology import samples


@pytest.fixture
def world(world: World) -> World:
    world.tell_graph(samples.own_namespace())
    return world


def test_the_namespace_is_a_dashed_frame_with_a_title_and_no_container(page: Page, world: World) -> None:
    expect(page.locator("#picture .container")).to_have_count(4)
    expect(page.locator("#picture .room")).to_have_count(2)
    frame = page.locator("#picture .room path").first
    assert frame.evaluate("each => getComputedStyle(each).fill") == "none"
    expect(page.locator("#picture .title", has_text="wsn56aaf7d6a1")).to_have_count(1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_title_opens_what_is_in_there_in_light_and_dark(
    open_page: Callable[..., Page], world: World, theme: str
) -> None:
    page = open_page(width=1920, height=1400, color_scheme=theme)
    page.locator("#picture .title", has_text="wsn56aaf7d6a1").locator("text").click()
    panel = page.locator(".about-panel")
    expect(panel.locator("h2")).to_have_text("namespace wsn56aaf7d6a1")
    expect(panel).to_contain_text("wsb56aaf7d6a1")


def test_the_port_to_the_host_and_the_gateway_are_chosen_as_others_are(page: Page, world: World) -> None:
    for name in ("wsu56aaf7d6a1", "wsg56aaf7d6a1"):
        page.locator("#picture .node", has_text=name).locator("text").first.click()
        expect(page.locator(".about-panel h2")).to_have_text(name)


WAY = """async ([from, to, bridge]) => {
  const [{ wayBetween }, { placesOf }, told] = await Promise.all([
    import("/static/js/walk/way.js"), import("/static/js/places.js"), fetch("/api/picture").then((each) => each.json()),
  ]);
  const places = placesOf(told.dot);
  const rest = (id) => {
    const node = places.nodes.get(id);
    return { node, point: { x: node.x + node.w / 2, y: node.y } };
  };
  const { x, w } = places.nodes.get(bridge);
  return { edge: x + w / 2, points: wayBetween({ places }, rest(from), rest(to)) };
}"""


def test_a_packet_goes_from_the_port_to_the_host_through_the_bridge_and_along_the_line_to_another(page: Page) -> None:
    uplink, port, bridge = (f"{name}-4:4026531002/{index}" for name, index in (("port", 3), ("port", 7), ("bridge", 2)))
    for way in ([uplink, port], [port, uplink]):
        went = page.evaluate(WAY, [*way, bridge])
        line = max(point["y"] for point in went["points"])
        assert len(went["points"]) > 2
        for point in went["points"]:
            assert point["x"] <= went["edge"] or point["y"] == pytest.approx(line), "in the bridge, or on its line"
