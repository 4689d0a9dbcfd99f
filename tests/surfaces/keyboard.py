"""Hands that only know the keyboard: Tab, Shift-Tab, Space, Enter, Escape and typing. The focus is seen at every stop and never lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Error, Frame, Page, expect

FOCUS = r"""
() => {
  const each = document.activeElement;
  if (!each || each === document.body) return {tag: "BODY", name: "", ring: false};
  const text = (id) => document.getElementById(id)?.textContent || "";
  const by = (each.getAttribute("aria-labelledby") || "").split(" ").map(text).join(" ").trim();
  const label = [...(each.labels || [])].map((label) => label.textContent).join(" ");
  const name = each.title || each.getAttribute("aria-label") || by || label || each.textContent || each.id;
  const ringed = (one) => one && getComputedStyle(one).outlineStyle !== "none" && parseFloat(getComputedStyle(one).outlineWidth) >= 2;
  const box = each.getBoundingClientRect();
  const seen = box.bottom > 0 && box.top < innerHeight;
  const ring = [each, each.closest("label"), each.closest(".in")].some(ringed);
  return {tag: each.tagName, name: name.trim().replace(/\s+/g, " "), ring, seen};
}
"""


def frames_are_there(page: Page) -> None:
    """A frame that is still loading loses the focus of who tabs into it."""
    for title in ("Credit Card Number", "Expiration Date", "CVV"):
        expect(page.frame_locator(f"iframe[title='{title}']").get_by_label(title)).to_be_editable()


@dataclass
class Hands:
    page: Page

    def at(self) -> dict[str, Any]:
        """What has the focus: its tag, its name, whether it shows that, whether it is on the screen. A frame is named by its title."""
        found: dict[str, Any] = self.page.evaluate(FOCUS)
        return found

    def arrived(self, name: str) -> dict[str, Any]:
        """Where the focus is; on its way into a frame of another process it is nowhere for a moment."""
        try:
            self.page.wait_for_function("() => document.activeElement !== document.body", timeout=3000)
        except Error:
            raise AssertionError(f"the focus is lost on the way to {name}") from None
        return self.at()

    def ringed(self) -> dict[str, Any]:
        """Where the focus is once its ring is drawn: a frame tells the page by a message, and by then the focus may have moved on."""
        try:
            handle = self.page.wait_for_function(
                f"() => {{ const at = ({FOCUS.strip()})(); return at.ring && at; }}", timeout=3000
            )
        except Error:
            return self.at()
        found: dict[str, Any] = handle.json_value()
        return found

    def tab_to(self, name: str, tag: str = "", back: bool = False, most: int = 70) -> None:
        """Until the focus is on what is called so; every stop on the way is visible."""
        for _ in range(most):
            self.press("Shift+Tab" if back else "Tab")
            at = self.arrived(name)
            if at["tag"] == "IFRAME":
                at = self.ringed()
            assert at["ring"], f"one cannot see that the focus is on {at}"
            assert at["seen"], f"the focus is off the screen on {at}"
            if name in at["name"] and at["tag"].startswith(tag):
                return
        raise AssertionError(f"{name} is not reached by Tab; the last stop was {at}")

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Over whatever stands there."""
        self.press("Control+a")
        self.page.keyboard.type(text)

    def fill(self, label: str, text: str) -> None:
        self.tab_to(label)
        self.type(text)

    def frame(self) -> Frame:
        """The frame that has the focus."""
        handle = self.page.evaluate_handle("document.activeElement").as_element()
        frame = handle.content_frame() if handle else None
        assert frame is not None
        return frame
