"""The editor in the page: it saves to the learner's file, and never loses a text, be it theirs or mine."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.sitting import STUB, Sitting, finding
from workshop.dashboard import Dashboard


@pytest.fixture
def lesson(sitting: Sitting) -> Sitting:
    return sitting


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    opened = open_page()
    expect(opened.locator("#lesson-title")).to_have_text("Make the bridge")
    return opened


def open_editor(page: Page) -> None:
    page.keyboard.press("e")
    expect(page.locator(".cm-content")).to_be_focused()
    expect(page.locator(".cm-content")).to_contain_text("TODO")


def write(page: Page, text: str) -> None:
    """Put a text at the end of the file."""
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(text)


def shown(page: Page) -> str:
    """The text in the editor."""
    return "\n".join(page.locator(".cm-content > .cm-line").all_inner_texts()).replace("\u200b", "")


def expect_text(page: Page, text: str) -> None:
    """Wait until the editor has a text, its empty lines as they are."""
    lines = text.split("\n")
    expect(page.locator(".cm-content > .cm-line")).to_have_text(lines)


def expect_file(page: Page, sitting: Sitting, text: str) -> None:
    """Wait until the file has a text. The page waits, since this thread lets its requests through."""
    for _ in range(500):
        if sitting.path().read_bytes().decode() == text:
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"the file is {sitting.path().read_bytes()!r}")


def state(page: Page) -> object:
    return page.locator("#editor-state")


def test_it_opens_with_the_learners_file_and_the_cursor_in_it(page: Page) -> None:
    open_editor(page)
    expect_text(page, STUB)
    expect(page.locator("#editor-files")).to_have_text("handler.py")
    expect(state(page)).to_have_text("as on disk")


def test_who_comes_and_types_at_once_gets_it_too(page: Page, dashboard: Dashboard) -> None:
    page.goto("about:blank")
    page.goto(dashboard.url, wait_until="commit")
    page.wait_for_function("() => globalThis.workshop")
    page.keyboard.press("e")
    expect(page.locator(".cm-content")).to_be_focused()
    expect_text(page, STUB)


def test_its_styles_get_in_under_the_policy(page: Page) -> None:
    open_editor(page)
    styles = (
        "(what) => { const it = getComputedStyle(document.querySelector(what)); return [it.fontFamily, it.color]; }"
    )
    family, _ = page.evaluate(styles, ".cm-scroller")
    assert "mono" in family.lower()
    keyword = page.locator(".cm-line span", has_text="def").first
    blue = page.evaluate("getComputedStyle(document.querySelector('#do-hint')).backgroundColor")
    assert keyword.evaluate("it => getComputedStyle(it).color") == blue


def test_ctrl_s_saves_and_what_is_saved_is_judged(page: Page, sitting: Sitting) -> None:
    sitting.on_save = lambda text: sitting.judge(finding(file=str(sitting.path())))
    sitting.attempt = 1
    open_editor(page)
    write(page, "# mine\n")
    expect(state(page)).to_have_text("not saved")
    expect(page.locator("#edit-word")).to_have_text("Editor ●")
    page.keyboard.press("Control+s")
    expect_file(page, sitting, STUB + "# mine\n")
    expect(state(page)).to_have_text("saved")
    expect(page.locator("#edit-word")).to_have_text("Editor")
    expect(page.locator("#card h3")).to_have_text("The bridge is there, but it is down")
    expect(page.locator(".cm-content")).to_be_focused()
    expect(page.locator(".cm-lint-marker-error")).to_have_count(1)


def test_saving_from_outside_of_the_text_saves_too(page: Page, sitting: Sitting) -> None:
    open_editor(page)
    write(page, "# mine\n")
    page.locator("#picture").click()
    page.keyboard.press("Control+s")
    expect_file(page, sitting, STUB + "# mine\n")
    open_editor(page)
    write(page, "# more\n")
    page.locator("#editor-save").click()
    expect_file(page, sitting, STUB + "# mine\n# more\n")


def test_many_saves_while_one_types_end_with_the_last_text(page: Page, sitting: Sitting) -> None:
    sitting.on_save = lambda text: sitting.judge(finding())
    open_editor(page)
    page.keyboard.press("Control+End")
    for count in range(12):
        page.keyboard.insert_text(f"# {count}\n")
        page.keyboard.press("Control+s")
    text = STUB + "".join(f"# {count}\n" for count in range(12))
    expect_file(page, sitting, text)
    expect_text(page, text)
    expect(page.locator("#conflict")).to_be_hidden()


def test_a_finding_leads_to_its_line_which_is_marked(page: Page, sitting: Sitting) -> None:
    sitting.attempt = 1
    sitting.judge(finding(file=str(sitting.path()), line=9))
    page.locator("#card-place").click()
    expect(page.locator(".cm-content")).to_be_focused()
    expect(page.locator(".cm-activeLine")).to_have_text("    return {}")
    expect(page.locator(".cm-lintRange-error")).to_have_text("return {}")
    sitting.judge()
    expect(page.locator("#standing")).to_contain_text("Passed")
    expect(page.locator(".cm-lintRange-error")).to_have_count(0)


def test_a_line_that_the_file_does_not_have_is_no_trouble(page: Page, sitting: Sitting) -> None:
    sitting.attempt = 1
    sitting.judge(finding(file=str(sitting.path()), line=99), finding(file="/elsewhere/other.py", line=2))
    page.locator("#card-place").click()
    expect(page.locator(".cm-content")).to_be_focused()
    expect(page.locator(".cm-lint-marker")).to_have_count(0)


def test_escape_leaves_the_text_and_again_closes_the_panel_and_nothing_is_lost(page: Page, sitting: Sitting) -> None:
    open_editor(page)
    write(page, "# mine")
    page.keyboard.press("Escape")
    expect(page.locator("#editor-close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#editor")).to_be_hidden()
    expect(page.locator("#edit-word")).to_have_text("Editor ●")
    page.keyboard.press("e")
    expect_text(page, STUB + "# mine")
    assert sitting.path().read_text() == STUB


# -- the file changes underneath


def change(sitting: Sitting, text: str) -> None:
    """The file is saved in another editor, and judged."""
    sitting.path().write_text(text)
    sitting.judge(finding())


def test_a_file_saved_elsewhere_is_read_again_where_nothing_was_typed(page: Page, sitting: Sitting) -> None:
    open_editor(page)
    change(sitting, STUB + "# theirs\n")
    expect_text(page, STUB + "# theirs\n")
    expect(page.locator("#conflict")).to_be_hidden()
    write(page, "# mine\n")
    page.keyboard.press("Control+s")
    expect_file(page, sitting, STUB + "# theirs\n# mine\n")


def parted(page: Page, sitting: Sitting) -> None:
    """Mine is in the editor, theirs on disk."""
    open_editor(page)
    write(page, "# mine\n")
    change(sitting, STUB + "# theirs\n")
    expect(page.locator("#conflict")).to_be_visible()


def test_two_versions_are_shown_with_their_difference_and_neither_is_taken(page: Page, sitting: Sitting) -> None:
    parted(page, sitting)
    expect(page.locator("#conflict-word")).to_contain_text("handler.py was changed outside of this page")
    expect(page.locator(".cm-deletedChunk")).to_contain_text("# theirs")
    expect(page.locator(".cm-changedLine")).to_have_text(["# mine"])
    expect(state(page)).to_have_text("two versions")
    page.locator("#conflict-show").click()
    expect(page.locator(".cm-deletedChunk")).to_have_count(0)
    page.locator(".cm-content").click()
    page.keyboard.press("Control+s")  # decides nothing
    expect(page.locator("#conflict-theirs")).to_be_focused()
    expect_text(page, STUB + "# mine\n")
    assert sitting.path().read_text() == STUB + "# theirs\n"


def test_theirs_can_be_taken_and_mine_comes_back_by_undo(page: Page, sitting: Sitting) -> None:
    parted(page, sitting)
    page.locator("#conflict-theirs").click()
    expect_text(page, STUB + "# theirs\n")
    expect(page.locator("#conflict")).to_be_hidden()
    expect(page.locator(".cm-content")).to_be_focused()
    page.keyboard.press("Control+z")
    expect_text(page, STUB + "# mine\n")
    expect(state(page)).to_have_text("not saved")


def test_mine_can_be_kept_and_theirs_comes_back_by_undo(page: Page, sitting: Sitting) -> None:
    parted(page, sitting)
    page.locator("#conflict-mine").click()
    expect_file(page, sitting, STUB + "# mine\n")
    expect(page.locator("#conflict")).to_be_hidden()
    page.keyboard.press("Control+z")
    expect_text(page, STUB + "# theirs\n")


def test_a_change_that_nobody_told_of_is_noticed_when_saving(page: Page, sitting: Sitting) -> None:
    open_editor(page)
    write(page, "# mine\n")
    sitting.path().write_text(STUB + "# theirs\n")
    page.keyboard.press("Control+s")
    expect(page.locator("#conflict")).to_be_visible()
    expect_text(page, STUB + "# mine\n")
    assert sitting.path().read_text() == STUB + "# theirs\n"


def test_two_versions_that_have_become_the_same_are_one(page: Page, sitting: Sitting) -> None:
    parted(page, sitting)
    change(sitting, STUB + "# mine\n")
    expect(page.locator("#conflict")).to_be_hidden()
    expect(state(page)).to_have_text("as on disk")


# -- leaving


def test_what_is_not_saved_survives_a_reload(page: Page, sitting: Sitting) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    open_editor(page)
    write(page, "# mine\n")
    page.reload()
    assert asked == ["beforeunload"]
    expect(page.locator("#lesson-title")).to_have_text("Make the bridge")
    page.keyboard.press("e")
    expect_text(page, STUB + "# mine\n")
    expect(state(page)).to_have_text("not saved")
    page.keyboard.press("Control+s")
    expect_file(page, sitting, STUB + "# mine\n")


def test_a_file_that_changed_while_the_page_was_away_parts_from_the_draft(page: Page, sitting: Sitting) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    open_editor(page)
    write(page, "# mine\n")
    sitting.path().write_text(STUB + "# theirs\n")
    page.reload()
    expect(page.locator("#lesson-title")).to_have_text("Make the bridge")
    page.keyboard.press("e")
    expect(page.locator("#conflict")).to_be_visible()
    page.locator("#conflict-mine").click()
    expect_file(page, sitting, STUB + "# mine\n")


def test_another_exercise_leaves_the_text_of_this_one_where_it_is(page: Page, sitting: Sitting) -> None:
    open_editor(page)
    write(page, "# mine\n")
    sitting.open(4)
    expect(page.locator("#lesson-title")).to_have_text("Take the bridge away")
    expect_text(page, STUB)
    expect(page.locator("#edit-word")).to_have_text("Editor ●")
    write(page, "# of four\n")
    page.keyboard.press("Control+s")
    expect_file(page, sitting, STUB + "# of four\n")
    sitting.open(3)
    expect(page.locator("#lesson-title")).to_have_text("Make the bridge")
    expect_text(page, STUB + "# mine\n")
    assert sitting.path().read_text() == STUB


def test_a_save_never_reaches_another_exercises_file(page: Page, sitting: Sitting) -> None:
    open_editor(page)
    write(page, "# of three\n")
    sitting.path()
    sitting.number = 4  # opened, and the page was not told yet
    sitting.path().write_text("# four\n")
    page.keyboard.press("Control+s")
    expect(page.locator("#conflict")).to_be_visible()
    assert sitting.path().read_text() == "# four\n"


# -- what a file may be


def test_line_ends_stay_what_they_are(page: Page, sitting: Sitting) -> None:
    sitting.path().write_bytes(STUB.replace("\n", "\r\n").encode())
    open_editor(page)
    expect(state(page)).to_have_text("as on disk")
    write(page, "# mine\n")
    page.keyboard.press("Control+s")
    expect_file(page, sitting, (STUB + "# mine\n").replace("\n", "\r\n"))


def test_a_text_too_large_to_save_stays_in_the_editor(page: Page, sitting: Sitting) -> None:
    open_editor(page)
    write(page, f"{'# long ' * 150_000}\n# the end")
    page.keyboard.press("Control+s")
    expect(page.locator("#refusal")).to_contain_text("more than a million bytes")
    expect(state(page)).to_have_text("not saved")
    assert sitting.path().read_text() == STUB
    expect(page.locator(".cm-content")).to_contain_text("# the end")


def test_starting_over_asks_first_and_mine_comes_back_by_undo(page: Page, sitting: Sitting) -> None:
    open_editor(page)
    write(page, "# saved\n")
    page.keyboard.press("Control+s")
    expect(state(page)).to_have_text("saved")
    write(page, "# not saved\n")
    page.locator("#editor-over").click()
    page.locator("#question-no").click()
    expect_text(page, STUB + "# saved\n# not saved\n")
    page.locator("#editor-over").click()
    page.locator("#question-yes").click()
    expect_text(page, STUB)
    expect(state(page)).to_contain_text("handler.py.backup")
    page.locator(".cm-content").click()
    page.keyboard.press("Control+z")
    expect_text(page, STUB + "# saved\n# not saved\n")


def test_an_exercise_of_several_files_has_them_all(page: Page, sitting: Sitting) -> None:
    sitting.files = ["bug_1.py", "bug_2.py"]
    sitting.open(15)
    sitting.path("bug_1.py").write_text("# one TODO\n")
    sitting.path("bug_2.py").write_text("# two TODO\n")
    expect(page.locator("#parts-list .segment")).to_have_count(2)
    open_editor(page)
    expect_text(page, "# one TODO\n")
    write(page, "# mine")
    page.locator(".file", has_text="bug_2.py").click()
    expect_text(page, "# two TODO\n")
    write(page, "# second")
    page.keyboard.press("Control+s")
    page.locator(".file", has_text="bug_1.py").click()
    expect_text(page, "# one TODO\n# mine")
    sitting.attempt = 1
    sitting.judge(finding(file=str(sitting.path("bug_2.py")), line=1))
    page.locator("#card-place").click()
    expect_text(page, "# two TODO\n# second")
    assert sitting.path("bug_2.py").read_text() == "# two TODO\n# second"
    assert sitting.path("bug_1.py").read_text() == "# one TODO\n"


def test_a_file_that_cannot_be_read_says_so(page: Page, sitting: Sitting) -> None:
    sitting.files = ["handler.py"]
    sitting.path()
    sitting.read = lambda name: (_ for _ in ()).throw(ValueError("no"))  # type: ignore[method-assign]
    page.keyboard.press("e")
    expect(page.locator("#refusal")).to_be_visible()


def test_without_its_modules_the_page_goes_on(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.route("**/vendor/codemirror-view.js", lambda route: route.abort())
    page.evaluate("sessionStorage.setItem('workshop-reloads', '5')")
    page.reload()
    expect(page.locator("#lesson-title")).to_have_text("Make the bridge")
    page.keyboard.press("e")
    expect(page.locator("#refusal")).to_have_text("The editor could not be loaded. Reload the page to try again.")
    expect(page.locator("#editor")).to_be_hidden()
    expect(page.locator("#connection")).to_have_text("live")
