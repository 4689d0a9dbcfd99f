"""The letter with the link by which a payer adds a payment method and agrees (V28).

Like an invitation's, its token is filled in when the mail goes out. It names payee, what to do and until when: nobody's care, no amount.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from autopay import words
from autopay.notices.facts import Event, Facts
from autopay.notices.invitation import TOKEN
from autopay.notices.letter import Draft, Kind, Letter
from autopay.parties.mail_address import Person


def linked(event: Event, facts: Facts, person: Person) -> Draft | None:
    found = facts.links[event.object_id]
    house = facts.house
    told = {"house": house.name, "phone": house.phone, "until": words.moment(found.expires_at, house.zone)}
    said = (
        _("There you type it in fields of our payment company. %(house)s never sees the number.") % told,
        _("You also read what you agree to. Nothing is charged by it.") % told,
        _("The link works once, until %(until)s.") % told,
        _("You did not expect this? Then do nothing, or call %(phone)s.") % told
        if house.phone
        else _("You did not expect this? Then do nothing."),
    )
    head = _("%(house)s asks you to add a card or bank account.") % told
    link = (_("Add a payment method"), f"/method-link/{found.biller}/{TOKEN}")
    letter = Letter(_("Add a payment method for %(house)s") % told, head, said, ((_("From"), house.name),), link)
    return Draft(Kind.METHOD_LINK, ("method_link", found.id), person, letter)


WRITERS = {"method link sent": linked}
