"""The picture: it follows the kernel, and tells which call made what."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.world import World, digits


def test_a_bridge_appears_after_its_event_and_goes_with_it(page: Page, world: World) -> None:
    expect(page.locator("#picture svg")).to_contain_text("eth0")
    expect(page.locator("#picture .bridge")).to_have_count(0)
    network = world.create_network("shop")
    bridge = page.locator("#picture .bridge")
    expect(bridge).to_contain_text(f"wsb{digits('network shop')[:10]}")
    expect(bridge).to_contain_text("10.9.0.1/16")
    world.remove_network(network)
    expect(bridge).to_have_count(0)


def test_what_the_chosen_call_made_is_marked(page: Page, world: World) -> None:
    network = world.create_network("shop")
    world.run(network, "web")
    page.locator('.call[data-call="1"]').click()
    expect(page.locator("#picture .bridge.now")).to_have_count(1)
    expect(page.locator("#picture .port.now")).to_have_count(0)
    page.locator('.call[data-call="2"]').click()
    expect(page.locator("#picture .bridge.now")).to_have_count(0)
    expect(page.locator("#picture .port.now")).to_have_count(1)


def test_a_click_on_a_link_chooses_the_call_that_made_it(page: Page, world: World) -> None:
    network = world.create_network("shop")
    world.run(network, "web")
    page.locator("#picture .bridge text").first.click()
    expect(page.locator('.call[data-call="1"]')).to_have_attribute("aria-current", "true")
    page.locator("#picture .port text").click()
    expect(page.locator('.call[data-call="2"]')).to_have_attribute("aria-current", "true")


def test_what_is_marked_is_brought_into_view(page: Page, world: World) -> None:
    network = world.create_network("shop")
    for count in range(25):
        world.run(network, f"c{count}")
    expect(page.locator("#picture .container")).to_have_count(25)
    last = page.locator("#picture .container", has_text="c24")
    expect(last).not_to_be_in_viewport()
    page.locator('.call[data-call="51"]').click()
    expect(last).to_be_in_viewport()


def test_the_caption_says_in_a_sentence_what_the_call_did(page: Page, world: World) -> None:
    caption = page.locator("#caption")
    network = world.create_network("shop")
    bridge = f"wsb{digits('network shop')[:10]}"
    expect(caption).to_have_text(f"Call 1 · CreateNetwork (shop) made {bridge} and gave it 10.9.0.1/16.")
    world.run(network, "web")
    expect(caption).to_contain_text("Call 3 · Join (shop · web) told Docker to move")
    expect(caption).to_contain_text("; Docker then moved its end into web as eth0.")
    page.locator('.call[data-call="2"]').click()
    expect(caption).to_contain_text(f"on {bridge}")
    world.begin("NetworkDriver.Leave", {"NetworkID": network})
    page.keyboard.press("Escape")
    expect(caption).to_have_text("Call 4 · Leave is with the handler now.")


def test_the_caption_says_what_was_given_out_and_taken_back(page: Page, world: World) -> None:
    caption = page.locator("#caption")
    pool = "local/10.9.0.0/24"
    for method, request, answer, said in (
        (
            "RequestPool",
            {"AddressSpace": "local"},
            {"PoolID": pool, "Pool": "10.9.0.0/24"},
            "gave out the subnet 10.9.0.0/24.",
        ),
        ("RequestAddress", {"PoolID": pool}, {"Address": "10.9.0.5/24"}, "gave out 10.9.0.5/24."),
        ("ReleaseAddress", {"PoolID": pool, "Address": "10.9.0.5"}, {}, "took 10.9.0.5 back."),
        ("ReleasePool", {"PoolID": pool}, {}, f"took the pool {pool} back."),
    ):
        number = world.call(f"IpamDriver.{method}", request, answer)
        expect(caption).to_have_text(f"Call {number} · {method} {said}")


def test_a_picture_drawn_part_by_part_is_the_picture_drawn_whole(page: Page, world: World) -> None:
    network = world.create_network("shop")
    sources = [world.dot()]
    for count in range(3):
        world.run(network, f'a <b> & "c" {count}')
        sources.append(world.dot())
    world.remove_network(network)
    sources.append(world.dot())
    drawn = page.evaluate(
        """async (sources) => {
            const { Graphviz } = await import("/static/vendor/graphviz.js");
            const { Layout, groupsOf } = await import("/static/js/layout.js");
            const graphviz = await Graphviz.load();
            const counted = [];
            const layout = new Layout({ layout: (dot, ...how) => {
                counted.push(dot.split("\\n").filter((line) => line.startsWith('  "')).length);
                return graphviz.layout(dot, ...how);
            } });
            const bare = (groups) => [...groups.values()].map((each) => each.replace(/id="a_[^"]*"/g, "")).sort();
            return sources.map((dot) => ({
                parts: bare(groupsOf(layout.svg(dot))),
                whole: bare(groupsOf(graphviz.layout(dot, "svg", "nop2"))),
                all: dot.split("\\n").filter((line) => line.startsWith('  "')).length,
                drawn: counted.splice(0).reduce((sum, each) => sum + each, 0),
            }));
        }""",
        sources,
    )
    for one in drawn:
        assert one["parts"] == one["whole"]
        assert len(one["parts"]) == one["all"]
    assert [one["drawn"] < one["all"] for one in drawn] == [False, True, True, True, True]


def test_only_the_newest_of_a_burst_of_pictures_stays(page: Page, world: World) -> None:
    network = world.create_network("shop")
    for count in range(20):
        world.run(network, f"c{count}")
    expect(page.locator("#picture .container")).to_have_count(20)
    shown = page.evaluate("workshop.timings.filter(one => one.kind === 'picture').map(one => one.seq)")
    assert shown == sorted(shown)


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1366, 768), (390, 844)])
def test_nothing_hangs_over_the_edge_and_text_stays_legible(open_page, world: World, width: int, height: int) -> None:
    network = world.create_network("n" * 255)
    for count in range(50):
        world.run(network, f"{count}-{'very-long-name-' * 16}"[:255])
    page = open_page(width, height)
    expect(page.locator("#picture .container")).to_have_count(31)
    expect(page.locator("#picture .container.more")).to_have_text("+20 containers")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('#picture text')].map(text =>"
        " Number(text.getAttribute('font-size')) * text.getScreenCTM().a))"
    )
    assert smallest >= 10.9


def test_a_picture_that_graphviz_refuses_is_said_and_the_last_one_kept(page: Page, world: World) -> None:
    world.create_network("shop")
    expect(page.locator("#picture .bridge")).to_have_count(1)
    world.dot = lambda: "graph { this is no DOT ]"  # type: ignore[method-assign]
    world.create_network("other", 10)
    expect(page.locator("#banner")).to_contain_text("The picture could not be drawn")
    expect(page.locator("#picture .bridge")).to_have_count(1)
    expect(page.locator('.call[data-call="2"]')).to_have_attribute("data-state", "done")


def test_without_webassembly_the_page_says_so_and_the_calls_go_on(open_page, world: World) -> None:
    page = open_page()
    page.route("**/vendor/graphviz.js", lambda route: route.abort())
    page.reload()
    expect(page.locator("#picture")).to_contain_text("Graphviz could not be started")
    world.hello()
    expect(page.locator(".call")).to_have_count(2)


def test_what_is_drawn_over_the_picture_has_its_coordinates_and_stays_when_it_changes(page: Page, world: World) -> None:
    network = world.create_network("shop")
    world.run(network, "web")
    expect(page.locator("#picture .container")).to_have_count(1)
    seen = page.evaluate(
        """() => {
            const { picture } = workshop.page;
            const link = Object.entries(picture.links).find(([, one]) => one.container === "web")[0];
            const { x, y, w, h } = picture.centreOf(link);
            const box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
            for (const [name, value] of Object.entries({ x: x - w / 2, y: y - h / 2, width: w, height: h })) box.setAttribute(name, value);
            globalThis.removeOverlay = picture.overlay(box);
            const group = picture.groupOf(link);
            const [mine, its] = [box.getBoundingClientRect(), group.querySelector("path, polygon").getBoundingClientRect()];
            return { id: group.dataset.id, line: picture.lineOf(link).dataset.id, off: Math.hypot(mine.x - its.x, mine.y - its.y, mine.width - its.width) };
        }"""
    )
    assert seen["id"].startswith("container-") and seen["line"].startswith("wire-")
    assert seen["off"] < 1
    world.run(network, "db")
    expect(page.locator("#picture .container")).to_have_count(2)
    expect(page.locator("#picture svg rect")).to_have_count(1)
    page.evaluate("removeOverlay()")
    expect(page.locator("#picture svg rect")).to_have_count(0)
