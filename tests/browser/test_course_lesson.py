"""A learner with the page and nothing else: opens, fails, reads, edits, passes, goes on. All of it is real."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.course_command import CourseCommand, course_command, solution

pytestmark = [pytest.mark.browser, pytest.mark.lab]

SOON = 60_000
"""Milliseconds within which a judgement is shown, however busy the machine is."""

DOWN = """
def create_network(request, host):
    gateway = request["IPv4Data"][0]["Gateway"]
    address, _, prefix = gateway.partition("/")
    host.kernel.link("add", ifname="mine", kind="bridge")
    (index,) = host.kernel.link_lookup(ifname="mine")
    host.kernel.addr("add", index=index, address=address, prefixlen=int(prefix))
    return {}
"""

RAISES = """
def create_network(request, host):
    print("the gateway is", request["IPv4Data"])
    return {}["no such key"]
"""


@pytest.fixture
def course() -> Iterator[CourseCommand]:
    with course_command("exercise", "1") as running:
        yield running


@pytest.fixture
def page(chromium: Browser, course: CourseCommand) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    opened = context.new_page()
    thrown: list[str] = []
    opened.on("pageerror", lambda error: thrown.append(str(error)))
    opened.goto(course.wait_for("Ready: dashboard at http://").split()[-1])
    expect(opened.locator("#connection")).to_have_text("live")
    yield opened
    context.close()
    assert not thrown


def expect_verdict(page: Page, said: str) -> None:
    expect(page.locator("#standing")).to_contain_text(said, timeout=SOON)


def write(page: Page, text: str) -> None:
    """Put a text in the place of all that is in the editor, and save it."""
    if page.locator("#editor").is_hidden():
        page.keyboard.press("e")
    expect(page.locator(".cm-content")).to_be_focused()
    expect(page.locator("#editor-state")).to_have_text("as on disk")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)
    page.keyboard.press("Control+s")


def leave_editor(page: Page) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#editor")).to_be_hidden()


def open_exercise(page: Page, number: int) -> None:
    page.locator(f'.segment[data-number="{number}"]').click()
    expect(page.locator("#lesson-number")).to_contain_text(f"Exercise {number} of", timeout=SOON)
    expect_verdict(page, "Not passed")


def test_a_learner_goes_through_exercises_1_3_and_6(page: Page, course: CourseCommand) -> None:
    # exercise 1: the task is read, the verdict says what is wrong, one word is put in
    expect(page.locator("#lesson-number")).to_contain_text("Exercise 1 of")
    expect_verdict(page, "Not passed")
    expect(page.locator("#left-task")).to_be_visible()
    page.keyboard.press("v")
    expect(page.locator("#card dl")).to_contain_text('"Implements": []')
    expect(page.locator("#card .docker-said")).to_contain_text("Error response from daemon: ")
    stub = course.file("01_activate").read_text()
    write(page, stub.replace("[]", '["NetworkDriver"]'))
    expect_verdict(page, "✓ Passed")
    leave_editor(page)
    page.keyboard.press("n")
    expect(page.locator("#lesson-number")).to_contain_text("Exercise 2 of", timeout=SOON)
    expect(page.locator('.segment[data-number="1"]')).to_have_attribute("data-state", "passed")

    # exercise 3: a hint, a first try that is not enough, the line that is marked, and the right answer
    open_exercise(page, 3)
    expect(page.locator("#task pre").first).to_contain_text("docker network create")
    page.keyboard.press("h")
    expect(page.locator("#hint-1")).to_be_visible()
    write(page, DOWN)
    expect_verdict(page, "attempt 2 ·")
    expect(page.locator("#card dl")).to_contain_text("down")
    expect(page.locator(".cm-lint-marker-error")).to_have_count(1)
    leave_editor(page)
    page.locator("#card-place").click()
    expect(page.locator(".cm-activeLine")).to_contain_text("def create_network")
    write(page, solution("03_create_network"))
    expect_verdict(page, "✓ Passed")
    assert course.file().read_text() == solution("03_create_network")
    expect(page.locator(".cm-lint-marker-error")).to_have_count(0)
    leave_editor(page)

    # exercise 6: it passes, and what one would type next is tried out, up to the first ping
    open_exercise(page, 6)
    write(page, solution("06_join"))
    expect_verdict(page, "✓ Passed")
    leave_editor(page)
    for number, line in enumerate(page.locator("#tries .try").all(), 1):
        if "docker rm" in (line.get_attribute("aria-label") or ""):
            break
        line.click()
        expect(page.locator(".entry[data-state]")).to_have_count(number, timeout=SOON)
    assert page.locator('.entry[data-state="failed"]').all_inner_texts() == []
    expect(page.locator("#output")).to_contain_text(re.compile(r"\b0% packet loss"))
    expect(page.locator("svg .container")).not_to_have_count(0)
    expect(page.locator("#card h3")).to_have_text("Passed")
    passed = {name for name, state in course.bench.progress.states().items() if state == "passed"}
    assert passed == {"activate", "create_network", "join"}


def test_what_is_saved_elsewhere_prints_and_raises_is_shown_at_its_call(page: Page, course: CourseCommand) -> None:
    open_exercise(page, 3)
    page.keyboard.press("e")
    expect(page.locator(".cm-content")).to_contain_text("TODO")
    course.file().write_text(RAISES)
    expect_verdict(page, "attempt 2 ·")
    expect(page.locator("#card")).to_contain_text("KeyError")
    expect(page.locator("#card-place")).to_have_text("handler.py line 4")
    expect(page.locator(".cm-content")).to_contain_text("no such key")  # read again, since nothing was typed here
    call = page.locator(".call", has_text="CreateNetwork").filter(has_text="KeyError").first
    call.dblclick()
    page.get_by_role("tab", name="Output").click()
    expect(page.locator('#tab-panel [data-stream="stdout"]')).to_contain_text("the gateway is")
    expect(page.locator('#tab-panel [data-stream="traceback"]').last).to_contain_text("KeyError: 'no such key'")


def test_the_terminal_and_the_page_are_one_lesson(page: Page, course: CourseCommand) -> None:
    open_exercise(page, 3)
    page.keyboard.press("c")
    page.keyboard.type("docker network rm nothing\n")
    expect(page.locator(".entry .answer")).to_have_text(
        "Error response from daemon: network nothing not found\nexit code 1", timeout=SOON
    )
    page.locator("#command").fill("ls -l")
    page.keyboard.press("Enter")
    expect(page.locator(".entry .answer").first).to_contain_text("Only Docker's commands work here.")
    page.keyboard.press("Escape")
    course.press("n")
    expect(page.locator("#lesson-number")).to_contain_text("Exercise 4 of", timeout=SOON)
    page.keyboard.press("s")
    page.locator("#question-yes").click()
    expect(page.locator("#solution .diff-plus").first).to_be_visible()
