"""What only a Submit shows: fields wrong, a card refused, no answer, a stale page. Each is refused by a row or a rule."""

from __future__ import annotations

from autopay.surfaces.demo.catalogue.line import Line

TYPED = {
    "email": "alex@practice.test", "phone": "(415) 555-0118", "company": "Orchard Family Practice", "first_name": "Alex",
    "last_name": "Morgan", "street": "218 Orchard Road", "city": "Petaluma", "state": "CA", "zip": "94952", "country": "US",
    "kind": "card", "holder": "Alex Morgan", "agree": "on", "seen": "1",
}  # fmt: skip
WRONG = TYPED | {"zip": "9495", "email": "alex", "phone": "555", "city": "", "cap": "lots", "agree": ""}


def _typed(token: str, **other: str) -> dict[str, str]:
    return TYPED | {"token": token} | other


NOT_SAVED = "We could not save this payment method."
SUBMITS = (
    Line("settings", "fields-wrong", "A zip code has 5 digits. One is missing.", "not-enrolled", WRONG, "Several things are wrong"),
    Line("settings", "refused-expired", "The card has expired.", posted=_typed("pm_catalogue_expired")),
    Line("settings", "refused-declined", "The bank said no.", posted=_typed("pm_catalogue_declined")),
    Line("settings", "refused-poor", "There was not enough money", posted=_typed("pm_catalogue_insufficient_funds")),
    Line("settings", "answer-lost", "We do not know yet if your card was saved.", posted=_typed("pm_catalogue_holding")),
    Line("settings", "not-human", "Please check the box “I'm not a robot”", "not-enrolled", _typed("pm_catalogue_new"), "No human check"),
    Line("settings", "changed-elsewhere", "Things changed since you opened this page.", posted=_typed("pm_catalogue_other")),
    Line("classic-enroll", "fields-wrong", "A zip code has 5 digits. One is missing.", "not-enrolled", WRONG, "Several things are wrong"),
    Line("classic-enroll", "refused-declined", NOT_SAVED, posted=_typed("pm_catalogue_declined")),
    Line("classic-enroll", "answer-lost", "We do not know yet if your card was saved.", posted=_typed("pm_catalogue_holding")),
    Line("classic-settings", "wrong-word", "Type it in small letters: cancel", "enrolled", {"word": "Cancel"}, "`Cancel` was typed"),
    Line("classic-settings", "no-word", "The box is empty.", "enrolled", {"word": ""}, "Submit with an empty box"),
)  # fmt: skip
