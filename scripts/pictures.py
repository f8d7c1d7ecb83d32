"""The README's pictures, from the demo's own talk: ``python -m scripts.pictures [FOLDER]``, by default docs/images.

It takes Chromium and the packages of the extra ``test``, and what a lab takes.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.kinds import KINDS, chromium
from tests.support.lab_command import LabCommand, lab_command

ROOT = Path(__file__).resolve().parents[1]
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking")
SIZE = {"width": 1920, "height": 1080}
PATIENCE = 60_000
SETTLED = 900
"""Milliseconds after which nothing moves any more."""

COLOURS = 128
MOVING = {"width": 1600, "height": 1000}
SHOWN = (960, 600)
"""The window of the moving picture, and what it is made smaller to."""

FRAME = 110
"""Milliseconds that a frame of the moving picture is shown."""

HELD = 8
HOP = 5
"""Frames that a step is shown, and a hop of the walk."""


def small(page: Page, file: Path) -> None:
    """Write what a page shows as a PNG of few colours: it is shown at half its size."""
    page.wait_for_timeout(SETTLED)
    shot = Image.open(io.BytesIO(page.screenshot()))
    shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    print(f"{file} ({file.stat().st_size // 1000} kB)")


def chapter(page: Page, number: int) -> None:
    """Go to a chapter of the talk, and wait until it has done its steps."""
    page.get_by_role("button", name=f"Chapter {number},").click()
    expect(page.locator(".talk-head")).to_contain_text(f"{number} of", timeout=PATIENCE)
    expect(page.locator(".talk-next")).to_be_enabled(timeout=PATIENCE)


def opened(browser: Browser, lab: LabCommand, size: dict[str, int] = SIZE, theme: str = "light") -> Page:
    """The lab's dashboard in a new window."""
    page = browser.new_context(viewport=size, color_scheme=theme).new_page()  # type: ignore[arg-type]
    page.goto(lab.url)
    expect(page.locator("#connection")).to_have_text("live")
    return page


def talk(browser: Browser, folder: Path) -> None:
    """A chapter of the talk: two hosts."""
    with lab_command(command=("demo",)) as lab:
        page = opened(browser, lab)
        expect(page.locator(".talk-head")).to_contain_text("chapters")
        chapter(page, 7)
        small(page, folder / "talk-light.png")


def exercise(browser: Browser, folder: Path) -> None:
    """An exercise's page, with the verdict on what the learner begins with."""
    with tempfile.TemporaryDirectory() as place:
        bench = str(Path(place) / "course")
        subprocess.run([sys.executable, "-m", "workshop", "init", bench], check=True, capture_output=True)
        with lab_command("--dir", bench, command=("exercise", "3")) as lab:
            page = opened(browser, lab)
            expect(page.locator("#standing")).to_contain_text("Not passed", timeout=PATIENCE)
            page.keyboard.press("v")
            expect(page.locator("#card")).to_be_visible()
            small(page, folder / "exercise-light.png")


def begin(lab: LabCommand) -> Iterator[None]:
    """Make a network, and two containers on it; a step at a time."""
    lab.docker("network", "create", "-d", "workshop", "--subnet", "10.9.0.0/24", "shop")
    yield
    for name in ("web", "client"):
        lab.docker("run", "-d", "--name", name, "--net", "shop", "busybox", "sleep", "600")
        yield


def network(browser: Browser, folder: Path) -> None:
    """A network with two containers: a call beside it, in light and dark; on a projector; a packet's walk."""
    with lab_command() as lab:
        page = opened(browser, lab)
        for _ in begin(lab):
            pass
        expect(page.locator("#picture .container")).to_have_count(2)
        page.locator("#calls .call", has_text="Join").last.click()
        page.keyboard.press("Enter")
        small(page, folder / "dashboard-light.png")
        page.keyboard.press("t")
        small(page, folder / "dashboard-dark.png")
        page.keyboard.press("t")
        page.keyboard.press("Escape")
        page.keyboard.press("p")
        small(page, folder / "projector-light.png")
        page.keyboard.press("p")
        walk(page)
        page.get_by_role("button", name="Pause").click()
        page.locator(".walk-hops li").nth(1).get_by_role("button").click()
        small(page, folder / "walk-light.png")


def walk(page: Page) -> None:
    """Follow a ping from the first container to the second."""
    page.keyboard.press("w")
    page.locator("#walk-to option").first.wait_for(state="attached")
    page.get_by_role("button", name="Walk", exact=True).click()
    expect(page.locator(".walk-hops li").first).to_be_visible(timeout=PATIENCE)


def moving(browser: Browser, folder: Path) -> None:
    """A network, two containers, and a ping's walk, as a picture that moves."""
    frames: list[Image.Image] = []
    with lab_command() as lab:
        page = opened(browser, lab, MOVING)
        page.keyboard.press("p")
        page.wait_for_timeout(SETTLED)

        def take(count: int) -> None:
            for _ in range(count):
                shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
                frames.append(shot.resize(SHOWN, Image.Resampling.LANCZOS))

        take(4)
        for _ in begin(lab):
            take(HELD)
        walk(page)
        for _ in page.locator(".walk-hops li").all():
            take(HOP)
            page.keyboard.press("PageDown")
        take(HELD)
    file = folder / "walk.webp"
    first, *others = frames
    first.save(
        file, save_all=True, append_images=others, duration=FRAME, loop=0, quality=60, method=4, minimize_size=True
    )
    print(f"{file} ({file.stat().st_size // 1000} kB, {len(frames)} frames, {len(frames) * FRAME / 1000:.0f} s)")


def main(names: list[str]) -> int:
    """Make them all."""
    if chromium() is None:
        print(f"There is no Chromium to take pictures with; {KINDS['browser'].remedy} installs it.", file=sys.stderr)
        return 3
    folder = Path(names[0]) if names else ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(QUIET))
        for make in (moving, network, talk, exercise):
            make(browser, folder)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
