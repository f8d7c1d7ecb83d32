"""An exercise's page, with a stand-in for the lesson: task, verdict, progress, hints, several browsers, lost ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.sitting import HINTS, VARIANTS, Sitting, decided, finding
from tests.browser.world import World
from workshop.dashboard import Dashboard


@pytest.fixture
def lesson(sitting: Sitting) -> Sitting:
    return sitting


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    opened = open_page()
    expect(opened.locator("#lesson-title")).to_have_text("Make the bridge")
    return opened


def links(*names: str) -> tuple[dict[str, Any], ...]:
    return tuple({"name": name, "kind": "veth", "host": "alpha", "master": "ws-1"} for name in names)


def full(sitting: Sitting) -> Any:
    """A finding with all that one can have."""
    docker = "Error response from daemon: failed to create network shop: remote: no bridge"
    return finding(file=str(sitting.path()), docker=docker, missing=links("one end"), left_over=links("vh-1", "vh-2"))


# -- the task


def test_the_first_visit_shows_the_task_and_where_to_work(page: Page, sitting: Sitting) -> None:
    expect(page.locator("#lesson-number")).to_have_text("Exercise 3 of 16 · create_network")
    expect(page.locator("#goal")).to_contain_text("Make a Linux bridge with the gateway's address")
    expect(page.locator("#standing")).to_have_text("· Not judged yet")
    expect(page.get_by_role("tab", name="Task")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#yours .path")).to_have_text(str(sitting.path()))
    expect(page.locator("#task strong")).to_have_text("Linux bridge")
    expect(page.locator("#calls")).to_have_text("No calls yet. Save your file, or run a command under the picture.")


def test_the_task_is_text_and_code_and_nothing_else(page: Page) -> None:
    expect(page.locator("#task")).to_contain_text("<script>window.bad = 1</script>")
    assert page.evaluate("window.bad") is None
    assert page.locator("#task script, #task img, #task a").count() == 0
    expect(page.locator("#task pre")).to_have_count(2)


def test_the_task_can_be_read_over_the_whole_width(page: Page) -> None:
    page.keyboard.press("f")
    expect(page.locator("#reader-title")).to_have_text("Make the bridge")
    expect(page.locator("#reader-body pre")).to_have_count(2)
    assert page.locator("#reader-body").bounding_box()["width"] > 700
    page.keyboard.press("Escape")
    expect(page.locator("#reader")).to_be_hidden()
    page.locator("#do-read").click()
    expect(page.locator("#reader")).to_be_visible()


def test_the_stubs_verdict_leaves_the_task_in_view(page: Page, sitting: Sitting) -> None:
    sitting.judge(finding())
    expect(page.locator("#standing")).to_contain_text("Not passed · 8 of 9 checks")
    expect(page.locator("#left-task")).to_be_visible()


# -- the verdict


def test_a_verdict_appears_as_the_file_is_saved(page: Page, sitting: Sitting) -> None:
    sitting.attempt = 4
    sitting.begin()
    expect(page.locator("#standing")).to_have_text("◌ Judging attempt 5 …")
    assert page.title() == "◌ 3 · Make the bridge"
    sitting.end(full(sitting))
    expect(page.locator("#standing")).to_have_text("✕ Not passed · 8 of 9 checks attempt 5 · 212 ms · engine 28.5")
    expect(page.locator("#left-verdict")).to_be_visible()
    expect(page.locator("#card h3")).to_have_text("The bridge is there, but it is down")
    assert page.title() == "✕ 3 · Make the bridge"
    assert page.locator("#calls .attempt").all_inner_texts() == ["Attempt 5"]


def test_a_finding_says_everything_about_itself(page: Page, sitting: Sitting) -> None:
    sitting.attempt = 1
    sitting.judge(full(sitting))
    said = page.locator("#card dl")
    expect(said).to_be_visible()
    told = page.evaluate(
        "[...document.querySelectorAll('#card dt')].map((dt) => [dt.textContent, dt.nextSibling.innerText])"
    )
    assert [term for term, _ in told] == ["expected", "seen", "why", "Docker said", "when", "where"]
    assert dict(told)["expected"] == "ws-56aaf7d6 state up"
    assert dict(told)["Docker said"].startswith("Error response from daemon: failed to create network shop")
    assert dict(told)["when"] == "a network with IPv4 · CreateNetwork"
    expect(page.locator("#card .places")).to_have_text("handler.py line 9slide What a bridge ishint 3")
    expect(page.locator("#card .piece.ghost")).to_have_text("missingone endveth · on ws-1 · host alpha")
    expect(page.locator("#card .piece.left")).to_have_count(2)


def test_what_is_drawn_over_several_lines_keeps_its_columns(page: Page, sitting: Sitting) -> None:
    sitting.attempt = 1
    sitting.judge(finding(seen="def join(request, host:\n        ^"))
    drawing = page.locator("#card .drawing")
    expect(drawing).to_have_text("def join(request, host:\n        ^")
    assert drawing.evaluate("it => getComputedStyle(it).whiteSpace") == "pre"


def test_other_findings_are_folded(page: Page, sitting: Sitting) -> None:
    sitting.attempt = 1
    sitting.judge(*(finding(variant=variant, title=f"Wrong in {variant}") for variant in VARIANTS))
    expect(page.locator("#others > details > summary")).to_have_text("3 more findings, often a consequence")
    expect(page.locator("#others .other").first).to_be_hidden()
    page.locator("#others > details > summary").click()
    expect(page.locator("#others .other summary").first).to_have_text(
        "Wrong in two networks at once two networks at once"
    )
    page.locator("#others .other summary").first.click()
    expect(page.locator("#others .other").first).to_contain_text("A link that is down forwards nothing")


def test_checks_are_listed_by_variant_with_words_beside_the_signs(page: Page, sitting: Sitting) -> None:
    sitting.attempt = 1
    checks = decided((finding(),))
    checks[-1] = type(checks[-1])("x", "nothing leads out of it", "an internal network", "not reached")
    sitting.judge(finding(), checks=checks)
    expect(page.locator("#checks-label")).to_have_text("Checks · 7 of 9")
    groups = page.locator("#checks .variant > summary")
    expect(groups).to_have_count(4)
    expect(groups.nth(0)).to_have_text("✕a network with IPv42 of 3 passed")
    rows = page.locator("#checks .check")
    expect(rows.nth(0)).to_have_text("✓a bridge appears, passed")
    expect(rows.nth(2)).to_have_text("✕the bridge is up, failed")
    expect(rows.nth(8)).to_have_text("·nothing leads out of it, not reached")


def test_what_this_machine_cannot_judge_is_said_and_does_not_keep_one_from_passing(
    page: Page, sitting: Sitting
) -> None:
    sitting.attempt = 1
    checks = decided(())
    checks[-1] = type(checks[-1])("x", "nothing leads out of it", "an internal network", "not judged")
    sitting.judge(checks=checks, notes=["This kernel has no `ipvlan`."])
    expect(page.locator("#standing")).to_contain_text("Passed · 8 of 9 checks")
    expect(page.locator("#card [data-kind=passed]")).to_contain_text(
        "8 of 9 checks are well, the others were not judged"
    )
    expect(page.locator("#card [data-kind=note]")).to_have_text("This kernel has no ipvlan.")
    expect(page.locator("#checks .variant > summary").nth(3)).to_have_text("–an internal network1 of 2 passed")
    expect(page.locator("#checks .check").nth(8)).to_have_text("–nothing leads out of it, not judged")


def test_many_checks_are_folded_but_for_the_variant_of_the_finding(page: Page, sitting: Sitting) -> None:
    sitting.attempt = 1
    variants = {f"variant {number}": ("one", "two", "three") for number in range(8)}
    wrong = finding(variant="variant 5")
    sitting.judge(wrong, checks=decided((wrong,), variants))
    expect(page.locator("#checks details[open] .variant-name")).to_have_text("variant 5")
    page.locator("#checks summary").nth(2).click()
    sitting.judge(wrong, checks=decided((wrong,), variants))
    expect(page.locator("#standing")).to_contain_text("attempt 3")
    assert page.locator("#checks details[open] .variant-name").all_inner_texts() == ["variant 2", "variant 5"]


def test_nothing_jumps_while_it_is_judged(page: Page, sitting: Sitting) -> None:
    def places() -> list[Any]:
        return [page.locator(what).bounding_box() for what in ("#left-tabs", "#card", "#checks", "#picture", "#list")]

    sitting.attempt = 1
    sitting.judge(full(sitting))
    expect(page.locator("#card h3")).to_be_visible()
    page.evaluate("document.querySelector('#left-verdict').scrollTop = 40")
    before = places()
    sitting.begin()
    expect(page.locator("#standing")).to_contain_text("Judging attempt 3")
    assert places() == before
    sitting.end(full(sitting))
    expect(page.locator("#standing")).to_contain_text("attempt 3")
    tabs, *_, picture, calls = places()
    assert [tabs, picture, calls] == [before[0], before[3], before[4]]


def test_a_fault_of_the_machine_blames_nobodys_code(page: Page, sitting: Sitting) -> None:
    sitting.attempt = 1
    sitting.judge(problem="The kernel has no bridges: load the module `bridge`.")
    expect(page.locator("#standing")).to_have_text("! This machine cannot judge it")
    expect(page.locator("#card article")).to_have_attribute("data-kind", "problem")
    expect(page.locator("#card h3")).to_have_text("Not your code: this machine")
    expect(page.locator("#card code")).to_have_text("bridge")
    page.locator("#card-run").click()
    expect(page.locator("#card h3")).to_have_text("Passed")
    assert sitting.reruns == 1


def test_what_is_wrong_in_the_code_is_told_beside_a_fault_of_the_machine(page: Page, sitting: Sitting) -> None:
    sitting.attempt = 1
    sitting.judge(finding(), problem="The kernel has no ipvlan.")
    expect(page.locator("#card h3")).to_have_text(
        ["The bridge is there, but it is down", "Not your code: this machine"]
    )
    expect(page.locator("#standing")).to_contain_text("✕ Not passed")


def test_a_slide_that_the_deck_does_not_have_is_not_said(page: Page, sitting: Sitting) -> None:
    sitting.attempt = 1
    sitting.judge(finding(slide="Another"))
    expect(page.locator("#card .places")).to_have_text("hint 3")


def test_a_slide_is_a_link_where_the_session_has_the_slides(page: Page, sitting: Sitting) -> None:
    page.evaluate("document.body.dataset.can += ' slides'")
    sitting.attempt = 1
    sitting.judge(finding())
    expect(page.locator("#card .places a")).to_have_attribute("href", "/slides#/What%20a%20bridge%20is")


def test_what_a_learner_wrote_is_text_in_the_verdict_too(page: Page, sitting: Sitting) -> None:
    bad = '<img src=x onerror="window.bad=1">`<b>`'
    sitting.attempt = 1
    wrong = finding(variant=bad, title=bad, expected=bad, seen=bad, why=bad, docker=bad, slide=bad, missing=links(bad))
    sitting.judge(wrong, checks=decided((wrong,), {bad: (bad,)}))
    expect(page.locator("#card h3")).to_contain_text("<img src=x")
    assert page.locator("#lesson img, #lesson b").count() == 0
    assert page.evaluate("window.bad") is None


# -- passing, and going on


def test_passing_offers_the_next_exercise(page: Page, sitting: Sitting) -> None:
    page.keyboard.press("n")  # not yet
    sitting.attempt = 1
    sitting.judge()
    expect(page.locator("#standing")).to_contain_text("✓ Passed · 9 of 9 checks")
    expect(page.locator("#do-next")).to_have_text("Next: 4 · Take the bridge away N")
    expect(page.locator('.segment[data-number="3"]')).to_have_attribute("data-state", "passed")
    page.keyboard.press("n")
    expect(page.locator("#lesson-title")).to_have_text("Take the bridge away")
    expect(page.locator("#left-task")).to_be_visible()
    expect(page.locator("#standing")).to_have_text("· Not judged yet")
    assert sitting.number == 4


def test_after_the_last_one_there_is_no_next(page: Page, sitting: Sitting) -> None:
    sitting.open(16)
    sitting.judge()
    sitting.judge()
    expect(page.locator("#card")).to_contain_text("This was the last exercise.")
    page.keyboard.press("n")
    assert sitting.number == 16


def test_progress_has_a_segment_for_each_exercise_with_name_and_state(page: Page, sitting: Sitting) -> None:
    segments = page.get_by_role("navigation", name="Exercises").get_by_role("button")
    expect(segments).to_have_count(16)
    expect(segments.nth(0)).to_have_accessible_name("Exercise 1: Answer Docker's first question, passed")
    expect(segments.nth(2)).to_have_attribute("aria-current", "step")
    expect(segments.nth(2)).to_have_accessible_name(re.compile("Make the bridge, begun"))
    expect(segments.nth(15)).to_have_accessible_name(re.compile("not begun"))
    segments.nth(5).click()
    expect(page.locator("#lesson-title")).to_have_text("The first ping")
    expect(segments.nth(5)).to_have_attribute("aria-current", "step")


def test_hints_come_on_demand_and_say_how_many_remain(page: Page, sitting: Sitting) -> None:
    button = page.locator("#do-hint")
    expect(button).to_have_text("Hint 1 of 3 H")
    button.click()
    expect(page.locator("#hint-1 h3")).to_have_text("Hint 1 of 3 · 2 more")
    expect(page.locator("#hint-1 code")).to_have_text("bridge")
    expect(page.locator("#hint-1")).to_be_focused()
    page.keyboard.press("h")
    expect(page.locator("#hint-2 h3")).to_have_text("Hint 2 of 3 · 1 more")
    expect(button).to_have_text("Hint 3 of 3 H")
    page.keyboard.press("h")
    expect(page.locator("#hint-3 h3")).to_have_text("Hint 3 of 3 · the last")
    expect(button).to_have_text("All 3 hints shown H")
    page.keyboard.press("h")
    assert sitting.hints == len(HINTS)


def test_the_solution_is_shown_on_demand_with_its_difference(page: Page, sitting: Sitting) -> None:
    page.keyboard.press("s")
    expect(page.locator("#question-text")).to_contain_text("You have not passed this exercise yet.")
    page.keyboard.press("Enter")  # "not yet" has the focus
    expect(page.locator("#question")).to_be_hidden()
    expect(page.locator("#solution")).to_be_hidden()
    page.locator("#do-solution").click()
    page.locator("#question-yes").click()
    expect(page.locator("#solution .diff-plus")).to_have_text("+    make(request)\n")
    expect(page.locator("#solution .diff-minus")).to_contain_text("-    # TODO")
    page.keyboard.press("Escape")
    sitting.judge()
    expect(page.locator("#standing")).to_contain_text("Passed")
    page.keyboard.press("s")
    expect(page.locator("#solution .code").last).to_contain_text("def create_network")


def test_run_again_judges_again(page: Page, sitting: Sitting) -> None:
    page.keyboard.press("r")
    expect(page.locator("#standing")).to_contain_text("Passed")
    page.locator("#do-run").click()
    expect(page.locator("#standing")).to_contain_text("attempt 2")
    assert sitting.reruns == 2


# -- several browsers, lost ones, ones that may not


def test_several_browsers_see_the_same(open_page: Callable[..., Page], sitting: Sitting) -> None:
    one, other = open_page(), open_page()
    expect(other.locator("#do-hint")).to_have_text("Hint 1 of 3 H")
    one.locator("#do-hint").click()
    expect(other.locator("#do-hint")).to_have_text("Hint 2 of 3 H")
    sitting.attempt = 1
    sitting.judge(finding())
    for page in (one, other):
        expect(page.locator("#card h3")).to_have_text("The bridge is there, but it is down")
    one.locator('.segment[data-number="6"]').click()
    for page in (one, other):
        expect(page.locator("#lesson-title")).to_have_text("The first ping")


def test_a_browser_that_comes_later_has_the_verdict(open_page: Callable[..., Page], sitting: Sitting) -> None:
    sitting.attempt = 3
    sitting.judge(finding())
    page = open_page()
    expect(page.locator("#left-verdict")).to_be_visible()
    expect(page.locator("#standing")).to_contain_text("attempt 4")
    sitting.begin()
    again = open_page()
    expect(again.locator("#standing")).to_contain_text("Judging attempt 5")
    expect(again.locator("#card h3")).to_have_text("The bridge is there, but it is down")


def test_a_verdict_that_was_missed_is_caught_up_with(page: Page, sitting: Sitting) -> None:
    page.context.set_offline(True)
    expect(page.locator("#connection")).to_have_text("reconnecting")
    page.keyboard.press("r")
    expect(page.locator("#refusal")).to_have_text(
        "The workshop does not answer. Try again once the page says that it is live."
    )
    sitting.attempt = 1
    sitting.judge(finding())
    page.context.set_offline(False)
    expect(page.locator("#connection")).to_have_text("live")
    expect(page.locator("#card h3")).to_have_text("The bridge is there, but it is down")


def test_a_server_that_comes_back_brings_exercise_and_verdict(
    page: Page, world: World, sitting: Sitting, dashboard: Dashboard
) -> None:
    dashboard.stop()
    expect(page.locator("#connection")).to_have_text("reconnecting")
    sitting.open(6)
    sitting.attempt = 1
    sitting.judge(finding(title="No route"))
    again = Dashboard(
        world.journal, world, address=("127.0.0.1", dashboard.port), token=dashboard.token, lesson=sitting
    )
    again.start()
    try:
        expect(page.locator("#lesson-title")).to_have_text("The first ping")
        expect(page.locator("#card h3")).to_have_text("No route")
    finally:
        again.stop()


def test_without_the_token_it_says_what_to_do(open_page: Callable[..., Page], dashboard: Dashboard) -> None:
    page = open_page()
    page.evaluate("sessionStorage.removeItem('workshop-token')")
    page.locator("#do-hint").click()
    expect(page.locator("#refusal")).to_have_text(
        "This needs the session's token; open the dashboard at the address it printed."
    )


# -- what the learner's code printed


def test_what_the_code_printed_is_at_its_call(page: Page, world: World) -> None:
    number = world.begin("NetworkDriver.CreateNetwork", {"NetworkID": "a" * 64}, network="a" * 64)
    for stream, text in (("stdout", "the gateway is 10.9.0.1/24"), ("traceback", "KeyError: 'x'")):
        world.journal.append("output", {"stream": stream, "text": text}, number)
    world.finish(number, {"Err": "KeyError: 'x' (handler.py line 9)"})
    row = page.locator(f'.call[data-call="{number}"]')
    expect(row).to_contain_text("≡2")
    expect(page.get_by_role("button", name="printed 2 lines")).to_be_visible()
    row.dblclick()
    page.get_by_role("tab", name="Output · 2").click()
    lines = page.locator("#tab-panel [data-stream]")
    expect(lines.nth(0)).to_have_text("the gateway is 10.9.0.1/24\n")
    expect(lines.nth(1)).to_have_class("trouble")
    page.reload()
    expect(row).to_contain_text("≡2")
