"""Six things to try in five minutes: one sentence each, and the log-ins that start them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Start:
    """A button that logs somebody in and opens a page."""

    email: str
    label: str | Promise
    page: str = "/home"


@dataclass(frozen=True, slots=True)
class Thing:
    title: str | Promise
    text: str | Promise
    starts: tuple[Start, ...]


THINGS = (
    Thing(
        _("Enroll a practice and see its month paid"),
        _(
            "Green Valley is not enrolled. Pay Office Ally Bill, Enroll in Autopay, card 4242 4242 4242 4242, "
            "any later date, any CVV. Then press Next month above."
        ),
        (
            Start("owner@greenvalley.test", _("Open Green Valley")),
            Start("biller@officeally.test", _("Open the vendor's console")),
        ),
    ),
    Thing(
        _("Stop autopay"),
        _(
            "Lakeside Pediatrics is charged every month. Pay Office Ally Bill, Edit/Cancel Autopay: two presses, and it is off at once."
        ),
        (Start("owner@lakeside.test", _("Open Lakeside")),),
    ),
    Thing(
        _("Invoice a visit, watch it get paid"),
        _("In the office: Maria Alvarez, Complete a visit. Her default card is charged at once."),
        (Start("office@sunrise.test", _("Open the office")), Start("maria@patients.test", _("Open Maria's portal"))),
    ),
    Thing(
        _("See a charge fail and put it right"),
        _("Omar's default card declines. Set his other card as the default, then press Pay Now on the failed invoice."),
        (Start("office@sunrise.test", _("Open the office")), Start("omar@patients.test", _("Open Omar's portal"))),
    ),
    Thing(
        _("On, but no card"),
        _("Ruth's Auto-Pay is on, but no card is on file: the page says that no charge can run. Dana pays for her."),
        (Start("ruth@patients.test", _("Open Ruth's portal")), Start("dana@family.test", _("Open Dana's portal"))),
    ),
    Thing(
        _("Pay an invoice by hand"),
        _("James pays each visit himself: Auto-Pay is off, the invoice waits for him."),
        (Start("james@patients.test", _("Open James's portal")),),
    ),
)
