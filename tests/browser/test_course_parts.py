"""The page of an exercise of several parts, with a stand-in for the lesson; and one with all of it real."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.sitting import STUB, Sitting, finding

FILES = ["bug_1.py", "bug_2.py", "bug_3.py"]


@pytest.fixture
def lesson(sitting: Sitting) -> Sitting:
    return sitting


@pytest.fixture
def page(open_page: Callable[..., Page], sitting: Sitting) -> Page:
    """The page, at the second of three parts; what is chosen is judged at once."""
    sitting.files, sitting.on_choose = FILES, lambda name: sitting.judge(finding(file=str(sitting.path(name))))
    sitting.begun.add(15)
    sitting.mended.add("bug_1.py")
    sitting.open(15)
    sitting.file = "bug_2.py"
    for name in FILES:
        sitting.path(name).write_text(f"# {name} TODO\n")
    opened = open_page()
    expect(opened.locator("#lesson-title")).to_have_text("Six broken drivers")
    return opened


def segments(page: Page) -> list[str]:
    return page.locator("#parts-list .segment").evaluate_all("all => all.map((one) => one.getAttribute('aria-label'))")


def test_each_part_has_a_segment_with_name_and_state(page: Page) -> None:
    assert segments(page) == [
        "bug_1.py: About bug_1.py, passed",
        "bug_2.py: About bug_2.py, not begun",
        "bug_3.py: About bug_3.py, not begun",
    ]
    expect(page.locator("#parts-list [aria-current]")).to_have_text("2")
    expect(page.locator("#parts-title")).to_have_text("bug_2.py · About bug_2.py")
    expect(page.locator("#lesson-number")).to_have_text("Exercise 15 of 16 · 1 of 3 mended")
    expect(page.locator("#yours .place")).to_have_text("bug_2.py")


def test_the_focus_stays_in_its_list_when_the_other_one_changes(page: Page, sitting: Sitting) -> None:
    page.locator("#progress .segment").nth(1).focus()
    sitting.mended.add("bug_2.py")
    sitting.judge()
    expect(page.locator("#parts-list .segment").nth(1)).to_have_attribute("data-state", "passed")
    expect(page.locator("#progress .segment").nth(1)).to_be_focused()


def test_an_exercise_without_parts_shows_none(page: Page, sitting: Sitting) -> None:
    expect(page.locator("#parts")).to_be_visible()
    sitting.files = ["handler.py"]
    sitting.open(3)
    expect(page.locator("#lesson-title")).to_have_text("Make the bridge")
    expect(page.locator("#parts")).to_be_hidden()


def test_another_part_is_chosen_by_its_segment_and_its_report_comes_first(page: Page, sitting: Sitting) -> None:
    sitting.attempt = 4
    sitting.judge(finding())
    expect(page.locator("#left-verdict")).to_be_visible()
    page.locator("#parts-list .segment").nth(2).click()
    expect(page.locator("#parts-title")).to_have_text("bug_3.py · About bug_3.py")
    expect(page.locator("#standing")).to_contain_text("attempt 6")
    expect(page.locator("#left-task")).to_be_visible()
    assert sitting.file == "bug_3.py"
    sitting.judge(finding())  # a save: then the verdict is what one waits for
    expect(page.locator("#left-verdict")).to_be_visible()


def test_a_part_that_is_saved_elsewhere_is_the_one_that_is_shown(page: Page, sitting: Sitting) -> None:
    page.keyboard.press("e")
    expect(page.locator(".cm-content")).to_contain_text("# bug_2.py TODO")
    sitting.attempt, sitting.file = 4, "bug_3.py"
    sitting.judge(finding(file=str(sitting.path("bug_3.py")), title="Of the third"))
    expect(page.locator("#card h3")).to_have_text("Of the third")
    expect(page.locator("#parts-list [aria-current]")).to_have_text("3")
    expect(page.locator("#left-verdict")).to_be_visible()
    expect(page.locator(".cm-content")).to_contain_text("# bug_3.py TODO")


def test_text_that_is_not_saved_keeps_the_editor_where_it_is(page: Page, sitting: Sitting) -> None:
    page.keyboard.press("e")
    expect(page.locator(".cm-content")).to_be_focused()
    page.keyboard.type("# mine")
    sitting.file = "bug_3.py"
    sitting.judge(finding(file=str(sitting.path("bug_3.py"))))
    expect(page.locator("#parts-list [aria-current]")).to_have_text("3")
    expect(page.locator(".cm-content")).to_contain_text("# mine")
    expect(page.locator(".file[aria-pressed=true]")).to_contain_text("bug_2.py")


def test_a_part_that_passes_leads_to_the_next(page: Page, sitting: Sitting) -> None:
    sitting.mended.add("bug_2.py")
    sitting.judge()
    sitting.passed.discard(15)
    sitting.judge()
    sitting.passed.discard(15)
    expect(page.locator("#card h3")).to_have_text("This one is mended")
    expect(page.locator("#do-next")).to_have_text("Next: bug_3.py · About bug_3.py N")
    page.keyboard.press("n")
    expect(page.locator("#parts-title")).to_contain_text("bug_3.py")
    assert (sitting.file, sitting.number) == ("bug_3.py", 15)


def test_the_last_part_that_passes_leads_to_the_next_exercise(page: Page, sitting: Sitting) -> None:
    sitting.mended.update(FILES)
    sitting.judge()
    sitting.judge()
    expect(page.locator("#card h3")).to_have_text("Passed")
    expect(page.locator("#do-next")).to_have_text("Next: 16 · Not only networks N")
    page.locator("#do-next").click()
    expect(page.locator("#lesson-title")).to_have_text("Not only networks")


def test_starting_over_and_the_solution_are_about_the_part(page: Page, sitting: Sitting) -> None:
    page.keyboard.press("s")
    expect(page.locator("#question-text")).to_have_text("You have not mended bug_2.py yet. A hint may be enough.")
    page.locator("#question-no").click()
    page.keyboard.press("e")
    expect(page.locator(".cm-content")).to_contain_text("# bug_2.py TODO")
    page.locator(".file", has_text="bug_3.py").click()
    expect(page.locator(".cm-content")).to_contain_text("# bug_3.py TODO")
    page.locator("#editor-over").click()
    expect(page.locator("#question-text")).to_contain_text("bug_3.py becomes the stub again")
    page.locator("#question-yes").click()
    expect(page.locator(".cm-content")).to_contain_text("make the bridge")
    assert sitting.path("bug_3.py").read_text() == STUB
    assert sitting.path("bug_2.py").read_text() == "# bug_2.py TODO\n"


def test_arrow_keys_go_over_the_segments(page: Page, sitting: Sitting) -> None:
    page.locator("#parts-list [aria-current]").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#parts-list .segment").nth(2)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#parts-title")).to_contain_text("bug_3.py")
    expect(page.locator("#parts-list .segment").nth(2)).to_be_focused()
    page.keyboard.press("l")
    expect(page.get_by_role("navigation", name="Exercises").locator("[aria-current]")).to_be_focused()
    assert re.match("Exercise 15: ", page.evaluate("document.activeElement.ariaLabel"))
