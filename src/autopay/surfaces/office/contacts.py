"""Billing contacts of a patient (V12, V29): add one, say what they see, remove them. Who pays for whom is the office's word."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from autopay.parties.contacts import NewContact, Tie, add_contact, remove_contact, show_lines
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.sentences import refused
from autopay.surfaces.office.entrance import for_staff
from autopay.surfaces.office.frame import frame
from autopay.surfaces.shared.fields import Form, email, text
from autopay.surfaces.shared.visitor import Visitor
from autopay.tenancy import WebDatabase


class ContactForm(Form):
    name = text(gettext_lazy("Name"), 160, autocomplete="off")
    email = email(
        gettext_lazy("Email"),
        help_text=gettext_lazy("Somebody who pays for another patient already, under the same email, is the same person."),
    )
    lines = forms.BooleanField(
        label=gettext_lazy("The patient allows them to see what each visit was"),
        required=False,
        help_text=gettext_lazy("Otherwise they see dates and amounts."),
    )


@for_staff
def add(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.PEOPLE)
    with visitor.reading() as tx:
        found = frame(tx, visitor, uid)
    form = ContactForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        new = NewContact(found.patient.id, " ".join(given["name"].split()), given["email"], given["lines"])
        try:
            contact = add_contact(WebDatabase(), visitor.biller, new, visitor.by)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            return _added(request, visitor, uid, contact, given["email"])
    return render(request, "office/add_contact.html", found.page | {"form": form}, status=422 if form.errors else 200)


def _added(request: HttpRequest, visitor: Visitor, uid: UUID, contact: int, email: str) -> HttpResponse:
    """Whoever may invite is led on to that."""
    messages.success(request, _("The billing contact was added. They can log in once they are invited."))
    if not visitor.may(Act.STAFF):
        return redirect("office:overview", uid)
    with visitor.reading() as tx:
        known = tx.value("select uid from billing_contact where id = %(id)s", id=contact)
        logs_in = tx.value("select 1 from membership where biller_id = %(b)s and contact_id = %(c)s", b=visitor.biller, c=contact)
    if logs_in:
        return redirect("office:overview", uid)
    asked = urlencode({"email": email, "role": "billing_contact", "contact_uid": str(known)})
    return redirect(f"{reverse('office:invite')}?{asked}")


@require_POST
@for_staff
def change(request: HttpRequest, visitor: Visitor, uid: UUID, contact: UUID) -> HttpResponse:
    """`then`: lines, no_lines, remove."""
    visitor.must_be_allowed(Act.PEOPLE)
    then = request.POST.get("then", "")
    if then not in ("lines", "no_lines", "remove"):
        raise Http404
    with visitor.reading() as tx:
        found = frame(tx, visitor, uid)
        known = tx.value("select id from billing_contact where uid = %(uid)s", uid=contact)
    if known is None:
        raise Http404
    tie = Tie(known, found.patient.id)
    try:
        if then == "remove":
            remove_contact(WebDatabase(), visitor.biller, tie, visitor.by)
            messages.success(request, _("Removed. With their next click they see nothing of this patient any more."))
        else:
            show_lines(WebDatabase(), visitor.biller, tie, then == "lines", visitor.by)
            said = _("They see what each visit was.") if then == "lines" else _("They see dates and amounts only.")
            messages.success(request, said)
    except Refusal as refusal:
        messages.warning(request, refused(refusal))
    return redirect("office:overview", uid)
