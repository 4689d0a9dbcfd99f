"""Add a patient by hand (V29); many at once come from a file (`autopay import`). Nothing is charged by it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay.parties.add_patient import NewPatient, add_patient
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.surfaces.office.entrance import for_staff
from autopay.surfaces.shared.biller import biller
from autopay.surfaces.shared.fields import Form, email, text
from autopay.surfaces.shared.visitor import Visitor
from autopay.tenancy import WebDatabase


class PatientForm(Form):
    name = text(gettext_lazy("Name"), 160, autocomplete="off")
    number = text(
        gettext_lazy("Patient number"), 120, help_text=gettext_lazy("Yours. No two patients share one."), autocomplete="off"
    )
    email = email(
        gettext_lazy("Email"), required=False, help_text=gettext_lazy("Receipts and links go there. Empty: to a billing contact.")
    )
    phone = text(gettext_lazy("Phone"), 30, required=False, inputmode="tel", autocomplete="off")


@for_staff
def new_patient(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Sent twice it is one patient: the number is taken then."""
    visitor.must_be_allowed(Act.PEOPLE)
    with visitor.reading() as tx:
        house = biller(tx)
    form = PatientForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        new = NewPatient(" ".join(given["name"].split()), given["number"], given["email"], given["phone"])
        try:
            made = add_patient(WebDatabase(), visitor.biller, new, visitor.by)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            said = _("%(name)s was added and follows the company setting. Nothing was charged.") % {"name": new.name}
            messages.success(request, said)
            return redirect("office:overview", made)
    page = {"visitor": visitor, "biller": house, "form": form}
    return render(request, "office/new_patient.html", page, status=422 if form.errors else 200)
