"""The command line under the picture: what is typed, proposed and answered, one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.sitting import Sitting
from workshop.errors import UsageError

MARKUP = '<img src=x onerror="window.bad=1">'


@pytest.fixture
def lesson(sitting: Sitting) -> Sitting:
    return sitting


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    opened = open_page()
    expect(opened.locator("#lesson-title")).to_have_text("Make the bridge")
    return opened


def type_command(page: Page, line: str) -> None:
    page.locator("#command").fill(line)
    page.keyboard.press("Enter")


def test_a_typed_command_is_run_and_answered_below(page: Page, sitting: Sitting) -> None:
    expect(page.locator("#output")).to_be_hidden()
    page.keyboard.press("c")
    expect(page.locator("#command")).to_be_focused()
    page.keyboard.type("docker network ls")
    page.keyboard.press("Enter")
    expect(page.locator(".entry .typed")).to_have_text("$ docker network ls")
    expect(page.locator(".entry .answer")).to_have_text("docker network ls was run")
    assert sitting.typed == ["docker network ls"]
    expect(page.locator("#command")).to_have_value("")
    expect(page.locator("#command")).to_be_focused()


def test_what_docker_refuses_is_in_its_own_words_with_the_exit_code(page: Page, sitting: Sitting) -> None:
    sitting.answers["docker network rm x"] = {"code": 1, "output": "Error response from daemon: network x not found\n"}
    type_command(page, "docker network rm x")
    expect(page.locator(".entry")).to_have_attribute("data-state", "failed")
    expect(page.locator(".entry .answer")).to_have_text("Error response from daemon: network x not found\nexit code 1")


def test_what_the_lesson_refuses_is_a_sentence(page: Page, sitting: Sitting) -> None:
    def refuse(line: str) -> None:
        raise UsageError("Only Docker's commands work here.", "Type `docker …`.")

    sitting.command = refuse  # type: ignore[method-assign,assignment]
    type_command(page, "ls -l")
    expect(page.locator(".entry .answer")).to_have_text("Only Docker's commands work here. Type `docker …`.")


def test_a_command_that_says_nothing_says_that_it_is_done(page: Page, sitting: Sitting) -> None:
    sitting.answers["docker rm x"] = {"code": 0, "output": ""}
    type_command(page, "docker rm x")
    expect(page.locator(".entry .answer")).to_have_text("done, and nothing to say")


def test_proposed_commands_are_buttons_with_keys(page: Page, sitting: Sitting) -> None:
    buttons = page.get_by_role("group", name="What one would type next").get_by_role("button")
    expect(buttons).to_have_text(["network create … shop1", "run -d --name … busybox2"])
    for number, line in enumerate(sitting.commands):
        expect(buttons.nth(number)).to_have_accessible_name(line)
    buttons.nth(1).click()
    expect(page.locator(".entry .answer")).to_have_count(1)
    expect(page.locator(".entry .answer").first).to_contain_text("was run")
    page.locator("#picture").focus()
    page.keyboard.press("1")
    expect(page.locator(".entry")).to_have_count(2)
    expect(page.locator(".entry .answer").first).to_contain_text("was run")
    page.keyboard.press("9")  # there is none
    assert sitting.typed == [sitting.commands[1], sitting.commands[0]]


def test_commands_run_one_after_the_other(page: Page, sitting: Sitting) -> None:
    at_work, most, free = [], [], threading.Event()

    def slowly(line: str) -> dict[str, object]:
        at_work.append(line)
        most.append(len(at_work))
        free.wait(10)
        at_work.remove(line)
        return {"code": 0, "output": line}

    sitting.command = slowly  # type: ignore[method-assign]
    for line in ("docker one", "docker two", "docker three"):
        type_command(page, line)
    expect(page.locator(".entry")).to_have_count(3)
    expect(page.locator(".entry .running")).to_have_count(3)
    free.set()
    expect(page.locator(".entry .answer")).to_have_text(["docker three", "docker two", "docker one"])
    assert most == [1, 1, 1]


def test_the_arrow_keys_bring_back_what_was_typed(page: Page) -> None:
    for line in ("docker one", "docker two", "docker two"):
        type_command(page, line)
    command = page.locator("#command")
    command.fill("docker unfinished")
    page.keyboard.press("ArrowUp")
    expect(command).to_have_value("docker two")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(command).to_have_value("docker one")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(command).to_have_value("docker unfinished")
    page.keyboard.press("Escape")
    expect(command).to_have_value("")
    page.reload()
    expect(page.locator("#lesson-title")).to_have_text("Make the bridge")
    page.keyboard.press("c")
    page.keyboard.press("ArrowUp")
    expect(command).to_have_value("docker two")


def test_escape_hides_the_answers_and_gives_the_keys_back(page: Page) -> None:
    type_command(page, "docker ps")
    expect(page.locator("#output")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#output")).to_be_hidden()
    page.keyboard.press("v")
    expect(page.locator("#left-verdict")).to_be_visible()
    type_command(page, "docker ps")
    expect(page.locator(".entry")).to_have_count(2)
    page.locator("#command-hide").click()
    expect(page.locator("#output")).to_be_hidden()


def test_an_answer_is_text(page: Page, sitting: Sitting) -> None:
    sitting.commands = [MARKUP]
    sitting.answers[MARKUP] = {"code": 0, "output": MARKUP}
    type_command(page, MARKUP)
    expect(page.locator(".entry .answer")).to_have_text(MARKUP)
    assert page.locator("#console img").count() == 0
    assert page.evaluate("window.bad") is None


def test_an_exercise_without_proposals_has_only_the_line(open_page: Callable[..., Page], sitting: Sitting) -> None:
    sitting.commands = []
    page = open_page()
    expect(page.locator("#lesson-title")).to_have_text("Make the bridge")
    expect(page.locator("#tries")).to_be_hidden()
    expect(page.locator("#command")).to_be_visible()


def test_a_connection_that_breaks_off_runs_a_command_once_and_shows_its_answer(page: Page, sitting: Sitting) -> None:
    broken: list[str] = []

    def break_off(route: Route) -> None:
        if len(broken) < 2:
            if broken:
                route.fetch()  # it has reached the server, only its answer is lost
            broken.append(route.request.url)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/api/lesson/command", break_off)
    type_command(page, "docker run -d x")
    expect(page.locator(".entry .answer")).to_have_text("docker run -d x was run")
    assert (len(broken), sitting.typed) == (2, ["docker run -d x"])
