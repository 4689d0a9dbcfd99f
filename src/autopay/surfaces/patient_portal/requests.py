"""Ask the office (V13): turn Auto-Pay on or off, use another card. It lands on the office's worklist and changes nothing by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay.clock import local_date
from autopay.parties.ask import LONGEST, Asked, Wish, ask, requests_of
from autopay.parties.models import Request
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.sentences import refused
from autopay.surfaces.patient_portal.people import Patient, patients
from autopay.surfaces.patient_portal.views import for_patients
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.visitor import Visitor
from autopay.tenancy import WebDatabase

KINDS = {
    Request.Kind.ON: ("repeat", gettext_lazy("Turn Auto-Pay on")),
    Request.Kind.OFF: ("circle-minus", gettext_lazy("Turn Auto-Pay off")),
    Request.Kind.CARD: ("credit-card", gettext_lazy("Use another card")),
}


class AskForm(forms.Form):
    """`patients` are those the person may ask for; with one of them there is nothing to choose."""

    use_required_attribute = False

    patient = forms.ChoiceField(label=gettext_lazy("For"), widget=forms.Select(attrs={"class": "in"}))
    kind = forms.ChoiceField(
        label=gettext_lazy("What should the office do?"),
        choices=[(kind.value, word) for kind, (_icon, word) in KINDS.items()],
        error_messages={"required": gettext_lazy("Please choose what the office should do.")},
    )
    note = forms.CharField(
        label=gettext_lazy("Your note (optional)"),
        help_text=gettext_lazy("For example when it should begin. Please do not write a card number."),
        max_length=LONGEST,
        required=False,
        error_messages={"max_length": gettext_lazy("Please write at most 500 characters.")},
        widget=forms.Textarea(attrs={"class": "in", "rows": 4, "maxlength": LONGEST, "aria-describedby": "id_note_helptext"}),
    )

    def __init__(self, *args: Any, mine: list[Patient], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["patient"].choices = [(str(each.uid), each.name) for each in mine]  # type: ignore[attr-defined]
        self.fields["patient"].required = len(mine) > 1


@dataclass(frozen=True, slots=True)
class Shown:
    """A request as its page lists it; `answered` is a local date, None while it is open."""

    asked: Asked
    icon: str
    what: str
    on: date
    answered: date | None


@for_patients
def requests(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_OWN)
    with visitor.reading() as tx:
        office, mine = biller(tx), patients(tx, visitor)
        listed = [_shown(each, office) for each in requests_of(tx, [patient.id for patient in mine])]
    form = AskForm(request.POST or None, initial=_said(request, mine), mine=mine)
    if request.method == "POST" and form.is_valid():
        why_not = _sent(request, visitor, form, mine)
        if why_not is None:
            return redirect("patient_portal:requests")
        form.add_error("note", why_not)
    page = {"visitor": visitor, "agency": office, "patients": mine, "form": form, "listed": listed, "kinds": KINDS}
    return render(request, "patient_portal/requests.html", page, status=422 if form.errors else 200)


def _said(request: HttpRequest, mine: list[Patient]) -> dict[str, str]:
    """A link elsewhere on the portal may say what it is about."""
    return {"kind": request.GET.get("kind", ""), "patient": request.GET.get("patient") or str(mine[0].uid)}


def _sent(request: HttpRequest, visitor: Visitor, form: AskForm, mine: list[Patient]) -> str | None:
    """None once it is with the office, else why it is not."""
    visitor.must_be_allowed(Act.ASK_OWN)
    wanted = form.cleaned_data["patient"]
    payer = next((each.id for each in mine if str(each.uid) == wanted), mine[0].id)
    wish = Wish(payer, Request.Kind(form.cleaned_data["kind"]), form.cleaned_data["note"], visitor.user)
    try:
        new = ask(WebDatabase(), visitor.biller, wish, visitor.by)
    except Refusal as refusal:
        return refused(refusal)
    if new:
        messages.success(request, _("The office got your request. Nothing has changed yet."))
    else:
        messages.info(request, _("The office has this request already. Nothing has changed yet."))
    return None


def _shown(each: Asked, office: Biller) -> Shown:
    icon, what = KINDS[Request.Kind(each.kind)]
    answered = local_date(each.done_at, office.zone) if each.done_at else None
    return Shown(each, icon, str(what), local_date(each.at, office.zone), answered)
