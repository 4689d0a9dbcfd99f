"""Settings of the house: who the biller is to its payers, when bills come, and in which time zone (A64). Each says what it changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay.clock import local_date
from autopay.database import Tx
from autopay.parties import house as settings
from autopay.parties.descriptor import LONGEST
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.surfaces.shared.biller import biller
from autopay.surfaces.shared.fields import Form, choice, email, text, whole
from autopay.surfaces.shared.house_place import HousePlace
from autopay.surfaces.shared.page_seen import seen
from autopay.surfaces.shared.visitor import Visitor
from autopay.tenancy import WebDatabase

USUAL_ZONES = (
    "America/New_York",
    "America/Detroit",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
)


class ContactForm(Form):
    name = text(
        gettext_lazy("Name"),
        120,
        help_text=gettext_lazy("On bills, pages and mails, from now on. Terms keep the old name."),
    )
    short_name = text(
        gettext_lazy("Short name"), 20, help_text=gettext_lazy("Where there is little room, like “Pay OA Bill”. From now on.")
    )
    phone = text(
        gettext_lazy("Phone"),
        30,
        required=False,
        inputmode="tel",
        help_text=gettext_lazy("On bills, pages and mails, from now on."),
    )
    email = email(
        gettext_lazy("Email"), required=False, help_text=gettext_lazy("Answers to our mails go here, from the next mail on.")
    )
    hours = text(
        gettext_lazy("Hours"),
        80,
        required=False,
        help_text=gettext_lazy("Beside the phone number, like: Monday to Friday, 8 AM to 5 PM."),
    )
    descriptor = text(
        gettext_lazy("On the payer's statement"),
        LONGEST,
        required=False,
        help_text=gettext_lazy(
            "What a payer reads on a card or bank statement, from the next charge on: 5 to 22 letters, digits and signs, not < > \\ ' \" *, "
            "and no word about care. Empty: what your payment company has."
        ),
    )  # fmt: skip


class DaysForm(Form):
    bill_day = whole(
        gettext_lazy("Bill day of new accounts"),
        1,
        31,
        gettext_lazy("From the next account you open. Accounts that are there keep theirs; change one on its page of prices."),
    )
    notice_days = whole(
        gettext_lazy("Notice days"),
        0,
        27,
        gettext_lazy(
            "How many days after the bill autopay charges it. From the next bill on; bills that were issued keep their charge day."
        ),
    )


class ZoneForm(Form):
    zone = choice(gettext_lazy("Time zone"), ())

    def __init__(self, *args: Any, today: str, **more: Any) -> None:
        super().__init__(*args, **more)
        usual = [(each, each) for each in (*USUAL_ZONES, *([] if today in USUAL_ZONES else [today]))]
        others = [(each, each) for each in sorted(available_timezones()) if each not in USUAL_ZONES and "/" in each]
        self.fields["zone"].choices = [(_("United States"), usual), (_("All"), others)]  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Now:
    """The settings as they are, read together."""

    contact: settings.Contact
    days: settings.Days
    zone: settings.Zone

    @property
    def of(self) -> dict[str, settings.Settings]:
        return {"contact": self.contact, "days": self.days, "zone": self.zone}


def house(request: HttpRequest, visitor: Visitor, place: HousePlace) -> HttpResponse:
    """Three forms on one page; each is stored by itself. `form` in a POST says which. Others than owners read who may do what."""
    if request.method != "POST" and not visitor.may(Act.STAFF):
        return redirect(place.name("permissions"))
    visitor.must_be_allowed(Act.STAFF)
    with visitor.reading() as tx:
        page: dict[str, object] = place.page | {"visitor": visitor, "biller": biller(tx)}
        now = _now(tx)
    which = request.POST.get("form", "") if request.method == "POST" else ""
    made = _forms(request, now, which)
    form = made.get(which)
    if form is not None and form.is_valid() and _kept(request, visitor, now.of[which], form):
        return redirect(place.name(place.house))
    page |= {"forms": made, "seen": {name: seen(each) for name, each in now.of.items()}, "zone_name": now.zone.zone}
    return render(request, "house/house.html", page, status=422 if form is not None else 200)


def zone(request: HttpRequest, visitor: Visitor, place: HousePlace) -> HttpResponse:
    """What another zone changes, before it is changed: the dates. No night is left out, none is done twice."""
    visitor.must_be_allowed(Act.STAFF)
    wanted = (request.POST if request.method == "POST" else request.GET).get("zone", "")
    with visitor.reading() as tx:
        shell, now = biller(tx), _now(tx)
        last: date | None = tx.value('select max("on") from night where done_at is not null')
    if wanted not in available_timezones() or wanted == now.zone.zone:
        messages.warning(request, _("Please choose another time zone first. Nothing was changed."))
        return redirect(place.name(place.house))
    form = ZoneForm({"zone": wanted}, today=now.zone.zone)
    if request.method == "POST" and form.is_valid() and _kept(request, visitor, now.zone, form):
        return redirect(place.name(place.house))
    days = (local_date(visitor.now, now.zone.zone), local_date(visitor.now, wanted))
    page = place.page | {
        "visitor": visitor,
        "biller": shell,
        "wanted": wanted,
        "days": days,
        "last": last,
        "seen": seen(now.zone),
    }
    return render(request, "house/zone.html", page)


def _now(tx: Tx) -> Now:
    return Now(settings.contact(tx), settings.days(tx), settings.zone(tx))


def _forms(request: HttpRequest, now: Now, which: str) -> dict[str, Form]:
    def typed(name: str) -> Any:
        return request.POST if name == which else None

    contact = {name: getattr(now.contact, name) for name in ContactForm.base_fields}
    days = {name: getattr(now.days, name) for name in DaysForm.base_fields}
    return {
        "contact": ContactForm(typed("contact"), initial=contact),
        "days": DaysForm(typed("days"), initial=days),
        "zone": ZoneForm(initial={"zone": now.zone.zone}, today=now.zone.zone),
    }


def _kept(request: HttpRequest, visitor: Visitor, before: settings.Settings, form: Form) -> bool:
    """Store it and say so; what is refused stands in the form."""
    new = type(before)(**form.cleaned_data)
    try:
        if request.POST.get("seen") != seen(before):
            raise Refusal("changed", "Things changed since you opened this page. Nothing was saved. Please look again.")
        settings.keep(WebDatabase(), visitor.biller, new, before, visitor.by)
    except Refusal as refusal:
        form.refused(refusal)
        return False
    messages.success(request, _("Your settings were saved."))
    return True
