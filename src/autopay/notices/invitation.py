"""The letter that invites somebody: the one with a key in it. Its link is completed when the mail is sent, so that no table holds it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from autopay import words
from autopay.notices.facts import Event, Facts
from autopay.notices.letter import Draft, Kind, Letter
from autopay.parties.mail_address import Person
from autopay.parties.models import Role

TOKEN = "the-token-is-filled-in-when-this-is-sent"
"""Stands in the link until the mail is handed over (deliver.py; why: parties/invitations.py)."""


def invited(event: Event, facts: Facts, person: Person) -> Draft | None:
    found = facts.invitations[event.object_id]
    told = {"house": facts.house.name, "account": found.account or "", "role": str(Role(found.role).label)}
    if found.role in (Role.PATIENT, Role.BILLING_CONTACT):
        head = _("%(house)s invites you to see and pay bills online.") % told
    elif found.account:
        head = _("%(house)s invites you to see and pay the bills of account %(account)s.") % told
    else:
        head = _("%(house)s invites you to its billing console.") % told
    until = words.moment(found.expires_at, facts.house.zone)
    said = (
        _("Choose a password with the button below. The link works once, until %(until)s.") % {"until": until},
        _("You did not expect this? Then do nothing, and nobody gets in."),
    )
    rows = ((_("From"), facts.house.name), (_("You log in with"), found.email), (_("Your role"), told["role"]))
    link = (_("Accept the invitation"), f"/invitation/{found.biller}/{TOKEN}")
    letter = Letter(_("%(house)s invites you") % told, head, said, rows, link)
    return Draft(Kind.INVITATION, ("invitation", found.id), person, letter)


WRITERS = {"person invited": invited}
