"""What a narrow or widely spaced page must still do: nothing sideways, nothing cut off, nothing on top of something else."""

from __future__ import annotations

from playwright.sync_api import Page

SPACED = """
* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
p { margin-block-end: 2em !important; }
"""
"""WCAG 1.4.12: a person's own style sheet."""

SQUEEZED = """
() => {
  const wrong = [], told = (each) => each.outerHTML.slice(0, 80), spill = document.documentElement.scrollWidth - innerWidth;
  const seen = (each) => {
    if (!each.checkVisibility()) return false;  // in a list that is folded up
    const box = each.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && getComputedStyle(each).visibility !== "hidden";
  };
  const hidden = (each) => each.closest(
    ".vh, .side:not(:popover-open), dialog:not([open]), [popover]:not(:popover-open), altcha-widget, svg, .picker > span, .word");
  const all = [...document.querySelectorAll("body *")].filter((each) => seen(each) && !hidden(each));
  const beyond = all.filter((each) => each.getBoundingClientRect().right > innerWidth + 1);
  if (spill > 0) wrong.push(`${spill} px sideways: ${beyond.map(told).pop()}`);
  for (const each of all) {
    const flow = getComputedStyle(each).overflowX, cut = each.scrollWidth > each.clientWidth + 1;
    if (cut && !["visible", "auto"].includes(flow) && !each.matches("input, select")) wrong.push(`cut off: ${told(each)}`);
  }
  for (const each of all) {
    if (!each.matches("main :is(a, button, input:not([type=radio]), select, summary, .head), .top :is(a, button)")) continue;
    each.scrollIntoView({block: "center", behavior: "instant"});
    const box = each.getClientRects()[0], x = box.left + Math.min(box.width / 2, 12);
    const at = document.elementFromPoint(x, box.top + box.height / 2);
    if (at && !each.contains(at) && !at.contains(each)) wrong.push(`under ${told(at)}: ${told(each)}`);
    if (box.left < 0 || box.right > innerWidth + 1) wrong.push(`beyond the edge: ${told(each)}`);
  }
  return wrong;
}
"""


def squeezed(page: Page) -> list[str]:
    page.wait_for_load_state("domcontentloaded")  # a click that leads on is done before the next page stands
    found: list[str] = page.evaluate(SQUEEZED)
    return found
