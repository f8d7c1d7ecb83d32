"""What can be seen of a page: its smallest text, and what axe-core finds in it."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TEXTS = """() => {
  const isClipped = (element) => {
    for (let each = element; each; each = each.parentElement) {
      if (getComputedStyle(each).clipPath !== "none") return true;
    }
    return false;
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility({ visibilityProperty: true }) || isClipped(element)) continue;
    const scale = element.ownerSVGElement ? element.getScreenCTM().a : 1;
    const size = parseFloat(getComputedStyle(element).fontSize) * scale;
    const about = [element.localName, element.className.baseVal ?? element.className, element.parentElement.className];
    if (size) found.push([Math.round(size * 10) / 10, node.data.trim().slice(0, 40), about.join(" ")]);
  }
  return found;
}"""
"""Every text that is shown, as its size in pixels of the screen, its beginning, and what it is in. What has no size is
there only to be copied."""

STILL = """() => Promise.allSettled(
  document.getAnimations().filter((one) => one.effect.getTiming().iterations !== Infinity).map((one) => one.finished),
).then(() => new Promise(requestAnimationFrame))"""
"""Waits for what moves to have come to where it stays."""

GRAVE = {"serious", "critical"}


def too_small(page: Page, least: float) -> list[Any]:
    """The texts of a page that are smaller than ``least`` pixels."""
    page.evaluate(STILL)
    texts = page.evaluate(TEXTS)
    assert len(texts) > 5, texts
    return [text for text in texts if text[0] < least - 0.1]


def grave(page: Page) -> list[str]:
    """What axe-core finds in a page as it is now that is serious or worse: the rule, and where."""
    found = Axe().run(page).response
    assert found["passes"], found
    return [
        f"{rule['id']} at {node['target']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]
