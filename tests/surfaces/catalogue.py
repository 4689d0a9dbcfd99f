"""The catalogue of states on a site of the tests, and what is wrong with a page of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

from autopay.surfaces.demo.catalogue import Line

SMALL = """
() => [...document.querySelectorAll("button, select, input:not([type=hidden]), .btn, nav a, summary")].filter((each) => {
  const box = each.getBoundingClientRect(), label = each.closest("label")?.getBoundingClientRect();
  if (!box.width || getComputedStyle(each).visibility === "hidden" || each.closest(".vh, altcha-widget")) return false;
  return Math.max(box.height, label?.height || 0) < 24 || Math.max(box.width, label?.width || 0) < 24;
}).map((each) => each.outerHTML.slice(0, 90))
"""
"""What can be pressed and is under 24 by 24 CSS pixels (WCAG 2.5.8); a link within a sentence may be."""
FRAME = """
() => ({
  spill: document.documentElement.scrollWidth - innerWidth,
  lang: document.documentElement.lang,
  heads: document.querySelectorAll("h1").length,
  nameless: [...document.querySelectorAll("iframe")].filter((each) => !each.title).length,
  dangling: [...document.querySelectorAll("[aria-describedby], [aria-labelledby], [aria-controls]")].flatMap((each) =>
    ["aria-describedby", "aria-labelledby", "aria-controls"].flatMap((name) => (each.getAttribute(name) || "").split(" ").filter(Boolean)))
    .filter((id) => !document.getElementById(id)).length,
  untold: [...document.querySelectorAll(".box[autofocus]")].filter((each) => !each.matches("[role=alert], [role=status] *")).length,
  silent: [...document.querySelectorAll(".box")].filter((each) => each.matches(".flash") && !each.closest("[role=status]")).length,
  main: document.querySelectorAll("main").length,
  text: document.body.innerText,
  source: document.body.textContent,
})
"""


@dataclass
class Watch:
    """Listens to one tab: what it complained about and whom it asked since the last look."""

    page: Page
    site: str
    sandbox: str
    heard: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda m: self.heard.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.heard.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url))

    def _asked(self, url: str) -> None:
        if not url.startswith((self.site, self.sandbox, "data:", "blob:")):
            self.heard.append(f"asked {url}")

    def open(self, line: Line) -> None:
        self.page.goto("about:blank")  # a page that follows a payment would ask once more, as the next owner
        self.heard.clear()
        self.page.goto(f"{self.site}/demo/states/{line.page}/{line.state}")

    def wrong(self, line: Line, axe: bool = True) -> list[str]:
        """Open one state and say what is wrong with it."""
        self.open(line)
        seen = self.page.evaluate(FRAME)
        found = (
            [
                f"{each['id']}: {each['nodes'][0]['html'][:160]}"
                for each in Axe().run(self.page, options=RULES).response["violations"]
            ]
            if axe
            else []
        )
        found += [each for each in self.heard if not (line.posted and "422" in each)]
        found += [f"too small: {each}" for each in self.page.evaluate(SMALL)]
        found += [f"{seen['spill']} px sideways"] if seen["spill"] > 0 else []
        found += [] if squeezed(line.words) in squeezed(seen["source"]) else [f"does not say {line.words!r}"]
        found += [f"{name} is {seen[name]}" for name, good in GOOD.items() if seen[name] != good]
        return [f"{line.page}/{line.state}: {each}" for each in found]


RULES = {
    "resultTypes": ["violations"],  # what passes is a megabyte a page
    "rules": {"target-size": {"enabled": True}, "label-content-name-mismatch": {"enabled": True}},
}
"""Two that axe leaves out by itself: 24 pixels to press, and a name that begins with what is seen."""
GOOD = {"lang": "en", "heads": 1, "nameless": 0, "dangling": 0, "untold": 0, "silent": 0, "main": 1}


def squeezed(text: str) -> str:
    return " ".join(text.split())
