"""The slides as a PDF, one to a page: ``python -m scripts.slides_pdf [FILE]``, by default build/slides.pdf.

It takes Chromium, and the Python package playwright, which the tests need too.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support.kinds import KINDS, chromium

ROOT = Path(__file__).resolve().parents[1]
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking")
COMMAND = ("slides", "--no-lab", "--no-browser", "--dashboard", "127.0.0.1:0")


def make(address: str, file: Path) -> None:
    """Print what the slides' server at ``address`` shows into ``file``."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(QUIET))
        page = browser.new_page(color_scheme="light", reduced_motion="reduce", viewport={"width": 1920, "height": 1080})
        page.goto(f"{address}/slides/print")
        page.wait_for_selector("html[data-ready]", state="attached", timeout=60_000)
        page.pdf(path=file, prefer_css_page_size=True, print_background=True)
        browser.close()


def main(names: list[str]) -> int:
    """Start the slides' server, print it, end it."""
    if chromium() is None:
        print(f"There is no Chromium to print with; {KINDS['browser'].remedy} installs it.", file=sys.stderr)
        return 3
    file = Path(names[0]) if names else ROOT / "build" / "slides.pdf"
    file.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "workshop", *COMMAND]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        first = server.stdout.readline()
        if not first.startswith("Ready: "):
            return server.wait() or 1
        make(first.split()[-1].partition("/slides")[0], file)
    finally:
        server.terminate()
        server.wait(20)
    print(f"{file} ({file.stat().st_size // 1000} kB)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
