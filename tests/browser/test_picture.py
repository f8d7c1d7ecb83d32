"""The picture: it follows the kernel, and tells which call made what."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.world import World, digits
from workshop.topology import draw

NAMED = {"white": "#ffffff"}
SVG = "{http://www.w3.org/2000/svg}"

SMALLEST = """Math.min(...[...document.querySelectorAll("#picture text")].map((text) =>
    Number(text.getAttribute("font-size")) * text.getScreenCTM().a))"""
"""Pixels of the smallest text in the picture."""


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
    expect(page.locator("#picture .node.more")).to_contain_text("containers")
    page.locator("#picture .node.more text").click()
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
    expect(page.locator("#picture .node.more")).to_have_text(re.compile(r"\+1\d\scontainers"))
    shown = page.evaluate("workshop.timings.filter(one => one.kind === 'picture').map(one => one.seq)")
    assert shown == sorted(shown)


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1366, 768), (390, 844)])
def test_nothing_hangs_over_the_edge_and_text_stays_legible(open_page, world: World, width: int, height: int) -> None:
    network = world.create_network("n" * 255)
    for count in range(50):
        world.run(network, f"{count}-{'very-long-name-' * 16}"[:255])
    page = open_page(width, height)
    shown = page.locator("#picture .container:not(.more)")
    expect(shown).to_have_count({1080: 8, 768: 5, 844: 4}[height])
    expect(page.locator("#picture .node.more")).to_have_text(f"+{50 - shown.count()} containers")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(SMALLEST) >= 10.9


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


def test_what_is_drawn_over_the_picture_has_its_coordinates_and_stays_when_it_changes(open_page, world: World) -> None:
    page = open_page(reduced_motion="reduce")
    network = world.create_network("shop")
    world.run(network, "web")
    expect(page.locator("#picture .container")).to_have_count(1)
    seen = page.evaluate(
        """() => {
            const { picture } = workshop.page;
            const link = Object.entries(picture.links).find(([, one]) => one.container === "web")[0];
            const { x, y, w, h } = picture.centreOf(link);
            const box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
            const place = { x: x - w / 2, y: y - h / 2, width: w, height: h };
            for (const [name, value] of Object.entries(place)) box.setAttribute(name, value);
            globalThis.removeOverlay = picture.overlay(box);
            const group = picture.groupOf(link);
            const mine = box.getBoundingClientRect();
            const its = group.querySelector("path, polygon").getBoundingClientRect();
            const off = Math.hypot(mine.x - its.x, mine.y - its.y, mine.width - its.width);
            return { id: group.dataset.id, line: picture.lineOf(link).dataset.id, off };
        }"""
    )
    assert seen["id"].startswith("container-") and seen["line"].startswith("wire-")
    assert seen["off"] < 1
    world.run(network, "db")
    expect(page.locator("#picture .container")).to_have_count(2)
    expect(page.locator("#picture svg rect")).to_have_count(1)
    page.evaluate("removeOverlay()")
    expect(page.locator("#picture svg rect")).to_have_count(0)


def test_a_click_tells_all_that_is_known_of_a_node(page: Page, world: World) -> None:
    network = world.create_network("shop")
    world.run(network, "web", "<b>nginx</b>")
    panel = page.locator(".about-panel")
    page.locator("#picture .container text").first.click()
    expect(panel.locator("h2")).to_have_text("web")
    expect(panel).to_contain_text("<b>nginx</b>")
    expect(panel).to_contain_text("10.9.0.3/16")
    expect(panel).to_contain_text("@s has x")
    expect(page.locator("#picture rect.opened")).to_have_count(1)
    packets = panel.locator("[data-counter='rx packets']")
    before = packets.inner_text()
    expect(packets).not_to_have_text(before)
    panel.get_by_role("button", name="wsh").click()
    expect(panel.locator("h2")).to_contain_text("wsh")
    panel.get_by_role("button", name="call 2").click()
    expect(page.locator('.call[data-call="2"]')).to_have_attribute("aria-current", "true")
    deleted = world.leave_behind(network, "web")
    expect(panel.locator(".wrong")).to_have_text(f"Left over: call {deleted} should have removed it.")
    expect(page.locator("#picture .port.left-over")).to_contain_text(f"by call {deleted}")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_the_picture_is_walked_by_keyboard(page: Page, world: World) -> None:
    network = world.create_network("shop")
    for name in ("web", "db"):
        world.run(network, name)
    expect(page.locator("#picture .container")).to_have_count(2)
    panel, focused = page.locator(".about-panel"), page.locator("#picture .node:focus")
    page.locator("#picture").focus()
    page.keyboard.press("Tab")
    expect(focused).to_have_class(re.compile("title"))
    page.keyboard.press("Enter")
    expect(panel.locator("h2")).to_have_text("host alpha")
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    expect(focused).to_have_class(re.compile("container"))
    expect(panel.locator("h2")).to_have_text("db")
    world.run(network, "mail")
    expect(page.locator("#picture .container")).to_have_count(3)
    expect(focused).to_contain_text("db")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(focused).to_contain_text("db")


def test_each_browser_unfolds_two_hundred_containers_for_itself_and_finds_one(open_page, world: World) -> None:
    network = world.create_network("shop")
    for count in range(200):
        world.run(network, f"web-{count}")
    mine, other = open_page(1920, 1080), open_page(1366, 768)
    fold = "#picture .node.more"
    for page in (mine, other):
        expect(page.locator(fold)).to_have_text(re.compile(r"\+19\d\scontainers"))
        assert page.evaluate(SMALLEST) >= 10.9
    mine.locator(f"{fold} text").click()
    expect(mine.locator("#picture .container")).to_have_count(200)
    assert mine.evaluate(SMALLEST) >= 10.9
    expect(other.locator(fold)).to_have_text("+195 containers")
    world.run(network, "late")
    expect(mine.locator("#picture .container", has_text="late")).to_have_count(1)
    expect(other.locator(fold)).to_have_text("+196 containers")
    mine.locator("#picture .bridge text").first.click()
    mine.get_by_role("button", name="Fold its containers").click()
    expect(mine.locator(fold)).to_have_text("+201 containers")
    expect(mine.locator(f"{fold}.now")).to_have_count(0)
    other.keyboard.press("g")
    other.keyboard.type("web-15")
    expect(other.locator(".found")).to_have_text("1 of 11")
    expect(other.locator("#picture .hit")).to_contain_text("web-15")
    other.keyboard.press("Enter")
    expect(other.locator("#picture .hit")).to_contain_text("web-150")
    expect(other.locator("#picture .hit")).to_be_in_viewport()
    other.locator(".find").fill("10.9.0.7/")
    expect(other.locator(".found")).to_have_text("1 of 1")
    expect(other.locator("#picture .hit")).to_contain_text("web-4")


def test_the_size_that_one_chose_stays_when_the_picture_changes(page: Page, world: World) -> None:
    network = world.create_network("shop")
    for count in range(4):
        world.run(network, f"c{count}")
    expect(page.locator("#picture .container")).to_have_count(4)
    wide, seen = (
        "workshop.page.picture.svg.clientWidth",
        "[...'TL'].map((way) => picture['scroll' + {T: 'Top', L: 'Left'}[way]])",
    )
    fitting = page.evaluate(wide)
    for _ in range(3):
        page.keyboard.press("+")
    chosen = page.evaluate(wide)
    assert chosen > fitting * 1.5
    box = page.locator("#picture").bounding_box()
    assert box
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    before = page.evaluate(seen)
    page.mouse.down()
    page.mouse.move(box["x"] + 250, box["y"] + 220, steps=4)
    page.mouse.up()
    dragged = page.evaluate(seen)
    assert [now - then for now, then in zip(dragged, before, strict=True)] == [80, 50]
    expect(page.locator(".about-panel")).to_be_hidden()
    world.run(network, "late")
    expect(page.locator("#picture .container", has_text="late")).to_have_count(1)
    assert page.evaluate(wide) == chosen and page.evaluate(seen) == dragged
    page.keyboard.press("0")
    assert page.evaluate(wide) < chosen


def test_what_is_new_grows_and_what_goes_fades_but_not_where_motion_is_unwelcome(open_page, world: World) -> None:
    moving, still = open_page(), open_page(reduced_motion="reduce")
    noted = """globalThis.moved = []; const play = Element.prototype.animate;
        Element.prototype.animate = function (...how) {
            moved.push(this.dataset?.id);
            return play.apply(this, how);
        }; void 0"""
    network = world.create_network("shop")
    world.run(network, "web")
    for page in (moving, still):
        expect(page.locator("#picture .container")).to_have_count(1)
        page.evaluate(noted)
    world.run(network, "db")
    for page in (moving, still):
        expect(page.locator("#picture .container")).to_have_count(2)
    expect(moving.locator("#picture .end")).to_have_count(0)
    moved = {name.partition("-")[0] for name in moving.evaluate("moved")}
    assert {"port", "container", "edge", "wire"} <= moved
    assert not {"bridge", "host"} & moved, "what stays keeps its place"
    assert still.evaluate("moved") == []
    moving.evaluate("moved.splice(0)")
    world.remove_network(network)
    for page in (moving, still):
        expect(page.locator("#picture .bridge")).to_have_count(0)
    expect(moving.locator("#picture svg > g:not(.graph) > *")).to_have_count(0)
    assert any(name.startswith("bridge") for name in moving.evaluate("moved")) and still.evaluate("moved") == []


def looks(picture: ElementTree.Element) -> dict[str | None, tuple[str, str]]:
    """The colours of each box and line of a picture, by its ID."""
    found = {}
    for group in picture.iter(f"{SVG}g"):
        shape = next((each for each in group.iter() if each.tag in (f"{SVG}path", f"{SVG}polygon")), None)
        if (
            re.match("(node|edge) ", group.get("class", ""))
            and shape is not None
            and "now" not in group.get("class", "")
        ):
            written = (shape.get("fill", "none"), shape.get("stroke", "none"))
            found[group.get("id")] = tuple(NAMED.get(each, each.lower()) for each in written)
    return found


def test_the_picture_is_exported_with_hostile_names_as_text(page: Page, world: World, tmp_path: Path) -> None:
    names = ["<script>alert(1)</script>", "a\"b'c & d", "x" * 255, "\u202eevil \u05e7\u05d5\u05e0", "🐳" * 3]
    network = world.create_network("<i>net</i>")
    for name in names:
        world.run(network, name)
    expect(page.locator("#picture .container")).to_have_count(5)

    def exported(kind: str) -> Path:
        page.locator(".menu summary").click()
        with page.expect_download() as coming:
            page.get_by_role("button", name=kind, exact=True).click()
        target = tmp_path / f"picture.{kind.lower()}"
        coming.value.save_as(target)
        return target

    picture = ElementTree.fromstring(exported("SVG").read_text())
    assert {element.tag.partition("}")[2] for element in picture.iter()} <= {
        "svg", "g", "path", "polygon", "polyline", "text", "title", "rect"
    }  # fmt: skip
    written = {"".join(text.itertext()).replace("\u00a0", " ") for text in picture.iter(f"{SVG}text")}
    assert {"<i>net</i>", "a\"b'c & d", "evil קונ"} <= written
    of_command = ElementTree.fromstring(draw.svg(world.graph()))
    assert written == {"".join(text.itertext()).replace("\u00a0", " ") for text in of_command.iter(f"{SVG}text")}
    assert all(
        text.get("fill") and text.get("font-size") and text.get("font-family") for text in picture.iter(f"{SVG}text")
    )
    colours = looks(picture)  # without what the newest call made: the command marks nothing
    assert len(colours) > 15 and colours == {each: look for each, look in looks(of_command).items() if each in colours}
    assert exported("PNG").read_bytes().startswith(b"\x89PNG")
    assert exported("DOT").read_text() == world.dot()
    assert json.loads(exported("JSON").read_text()) == world.graph()


def test_it_says_how_fresh_it_is_and_what_it_cannot_see(page: Page, world: World) -> None:
    world.create_network("shop")
    expect(page.locator(".fresh")).to_have_text(re.compile(r"as of \d\d:\d\d:\d\d, live"))
    world.unseen("A link of alpha leads to a namespace that cannot be found here (nsid 7).")
    places = page.locator(".unseen-places")
    places.get_by_text("1 not seen").click()
    expect(places).to_contain_text("cannot be found here (nsid 7)")
    world.dot = lambda: "graph { this is no DOT ]"  # type: ignore[method-assign]
    world.create_network("other", 10)
    expect(page.locator(".fresh")).to_have_text(re.compile(r"\d s behind"))
