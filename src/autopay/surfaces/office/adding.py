"""Add payment method (V28): the payer does it by a single-use link, or has signed a paper that the office attaches. The office never types
a card and never agrees for anybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from autopay.agreements.method_link import Link, Wish, make_link, waiting_link, withdraw_link
from autopay.agreements.papers import WRONG_KIND, Attachment, attach, open_paper
from autopay.conf import conf
from autopay.database import Tx
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.sentences import refused
from autopay.surfaces.office.entrance import for_staff
from autopay.surfaces.office.frame import Frame, frame
from autopay.surfaces.shared.amounts import AmountField
from autopay.surfaces.shared.fields import NEEDED, Form, text
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.shared.wallet import Saved, saved_methods
from autopay.tenancy import WebDatabase

ADDRESSES = """
    select p.name, p.email from payer p where p.id = %(payer)s and p.email <> ''
    union all
    select c.name, c.email from contact_patient cp join billing_contact c on c.id = cp.contact_id
    where cp.payer_id = %(payer)s and c.email <> ''
"""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a link may be mailed: the patient's own address, or a billing contact's."""

    name: str
    email: str


class PaperForm(Form):
    """`wallet` are the methods the payer saved."""

    method = forms.ChoiceField(
        label=gettext_lazy("For which card or bank account"),
        widget=forms.Select(attrs={"class": "in"}),
        error_messages={"required": NEEDED, "invalid_choice": gettext_lazy("Please choose one of these.")},
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.FileInput(attrs={"class": "in", "accept": ".pdf,.jpg,.jpeg,.png,.mp3,.m4a,.wav"}),
        help_text=gettext_lazy(
            "PDF, JPEG, PNG, or a recording as MP3, M4A, WAV. At most 10 MB. It cannot be changed afterwards."
        ),
        error_messages={
            name: gettext_lazy("Please choose a PDF, JPEG or PNG file, or an MP3, M4A or WAV recording, of at most 10 MB.")
            for name in ("required", "missing", "empty", "invalid")
        },
    )
    signed_by = text(gettext_lazy("Who signed or spoke"), 160, autocomplete="off")
    limit = AmountField(
        label=gettext_lazy("Limit written on it"),
        required=False,
        help_text=gettext_lazy("Only if the paper names one: bank accounts and debit cards are charged at once up to it."),
    )

    def __init__(self, *args: Any, wallet: list[Saved], currency: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["method"].choices = [(str(each.uid), each.name) for each in wallet]  # type: ignore[attr-defined]
        self.fields["limit"].currency = currency  # type: ignore[attr-defined]  # an AmountField
        self.wallet = wallet

    def picked(self) -> int:
        return next(each.id for each in self.wallet if str(each.uid) == self.cleaned_data["method"])

    def attachment(self) -> Attachment:
        given = self.cleaned_data
        limit: Money | None = given["limit"]
        return Attachment(given["file"].name or "", given["file"].read(), given["signed_by"], limit.minor if limit else None)


@dataclass(frozen=True, slots=True)
class Adding:
    frame: Frame
    wallet: list[Saved]
    addresses: list[Address]
    link: Link | None


@for_staff
def add(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    """Both ways on one page. POST attaches a paper; a link has an address of its own."""
    visitor.must_be_allowed(Act.METHODS)
    with visitor.reading() as tx:
        adding = _read(tx, visitor, uid)
    form = _form(request, adding)
    if form.is_bound and form.is_valid():
        try:
            attach(WebDatabase(), visitor.biller, form.picked(), form.attachment(), visitor.by)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            messages.success(request, _("The authorization is on record. Nothing was charged."))
            return redirect("office:patient", uid)
    return _shown(request, adding, form)


@require_POST
@for_staff
def link(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    """Mail a link, show one once, or withdraw the one that waits. A new link replaces the old."""
    visitor.must_be_allowed(Act.METHODS)
    with visitor.reading() as tx:
        adding = _read(tx, visitor, uid)
    payer, then = adding.frame.patient.id, request.POST.get("then", "")
    if then == "withdraw":
        return _withdrawn(request, visitor, adding)
    email = request.POST.get("email", "") if then == "mail" else ""
    if then not in ("mail", "show") or (then == "mail" and email not in {each.email for each in adding.addresses}):
        raise Http404
    wish = Wish(payer, email, default=bool(request.POST.get("default")))
    token = make_link(WebDatabase(), visitor.biller, wish, visitor.by, conf().secret)
    if email:
        messages.success(request, _("We are mailing a link to %(email)s. It works once, for 7 days.") % {"email": email})
        return redirect("office:patient", uid)
    with visitor.reading() as tx:
        adding = _read(tx, visitor, uid)
    address = f"{conf().site_url}/method-link/{visitor.biller}/{token}"
    return _shown(request, adding, PaperForm(wallet=adding.wallet, currency=adding.frame.biller.currency), address)


@for_staff
def paper(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    """A signed paper or recording, saved as a file: never shown inside a page of ours, whatever is in it."""
    visitor.must_be_allowed(Act.SEE_PAYERS)
    opened = open_paper(WebDatabase(), visitor.biller, uid, visitor.by)
    if opened is None:
        raise Http404
    kept, content = opened
    headers = {
        "Content-Disposition": f'attachment; filename="{kept.name}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return HttpResponse(content, content_type=kept.media, headers=headers)


def _withdrawn(request: HttpRequest, visitor: Visitor, adding: Adding) -> HttpResponse:
    try:
        withdraw_link(WebDatabase(), visitor.biller, adding.frame.patient.id, visitor.by)
        messages.success(request, _("The link was withdrawn. It leads nowhere now."))
    except Refusal as refusal:
        messages.warning(request, refused(refusal))
    return redirect("office:add_method", adding.frame.patient.uid)


def _read(tx: Tx, visitor: Visitor, uid: UUID) -> Adding:
    found = frame(tx, visitor, uid)
    payer = found.patient.id
    return Adding(
        found, saved_methods(tx, [payer]), tx.all(Address, ADDRESSES, payer=payer), waiting_link(tx, payer, visitor.now)
    )


def _form(request: HttpRequest, adding: Adding) -> PaperForm:
    more: dict[str, Any] = {"wallet": adding.wallet, "currency": adding.frame.biller.currency}
    if request.method == "POST":
        return PaperForm(request.POST, request.FILES, **more)
    return PaperForm(initial={"method": request.GET.get("method", ""), "signed_by": adding.frame.patient.name}, **more)


def _shown(request: HttpRequest, adding: Adding, form: PaperForm, address: str = "") -> HttpResponse:
    page = adding.frame.page | {"adding": adding, "form": form, "address": address, "kinds": _(WRONG_KIND)}
    page["no_default"] = not any(each.is_default for each in adding.wallet)
    return render(request, "office/add_method.html", page, status=422 if form.errors else 200)
