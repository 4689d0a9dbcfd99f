"""Letters to the biller itself: what its own staff must know at once. They go to the biller's address, in English."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.utils.translation import gettext as _

from autopay import words
from autopay.notices.facts import Event, Facts
from autopay.notices.letter import Draft, Kind, Letter
from autopay.parties.mail_address import Person


def _saving_paused(event: Event, facts: Facts, person: Person) -> Draft | None:
    """To the biller: somebody is trying out cards on its pages (rule G3). No payer is named; the office has them."""
    until = words.moment(datetime.fromisoformat(str(event.data["until"])), facts.house.zone)
    told = {"refused": event.data["refused"], "tried": event.data["tried"], "until": until}
    subject = _("Saving new payment methods is paused until %(until)s") % told
    head = _("%(refused)s of %(tried)s cards were refused by their banks within an hour.") % told
    said = (
        _("That is how stolen cards are tried out. So new payment methods cannot be saved until %(until)s.") % told,
        _("Whoever saved one before still can, autopay goes on, and nothing was charged by this."),
        _("If people call: take no card number by phone or mail. Ask them to try again after that time."),
    )
    rows = ((_("Since"), words.moment(event.at, facts.house.zone)), (_("Until"), until))
    letter = Letter(subject, head, said, rows, (_("Open the office"), "/home"))
    return Draft(Kind.SAVING_PAUSED, ("journal_entry", event.entry), person, letter)


WRITERS: dict[str, Callable[[Event, Facts, Person], Draft | None]] = {"saving paused": _saving_paused}
