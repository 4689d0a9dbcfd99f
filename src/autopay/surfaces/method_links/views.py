"""Where the office's single-use link leads: the payer reads the terms, enters a card or bank account in the payment company's fields, agrees,
passes the human check. Without a log-in, and with nothing else on it (V28).

The consent is recorded with what the payer was shown, from where, by what. The office never sees the page filled in.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from autopay import words
from autopay.agreements.consent import Signature
from autopay.agreements.in_force import Terms, in_force, language_of, names_of
from autopay.agreements.method_link import Link, find_link, use_link
from autopay.database import Tx
from autopay.journal.write import By
from autopay.refusal import Refusal
from autopay.running import clock
from autopay.sentences import refused
from autopay.surfaces.method_links.form import VISIT_TERMS, AgreeForm, first_and_initial
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.card_fields import field_errors, fields_of, shown
from autopay.surfaces.shared.client_address import client_address, network_of_client
from autopay.surfaces.shared.human_check import human_check
from autopay.surfaces.shared.language import read_in
from autopay.surfaces.shared.method_form import CARD
from autopay.surfaces.shared.saving_method import Problem, problem_in_words, save_new, seen_before
from autopay.tenancy import WebDatabase, tenant_transaction


@dataclass(frozen=True, slots=True)
class Guest:
    """Whoever holds the link."""

    biller: int
    by: By

    def reading(self) -> AbstractContextManager[Tx]:
        return tenant_transaction(self.biller)


@dataclass(frozen=True, slots=True)
class Page:
    biller: Biller
    link: Link
    name: str
    """Whose payments they are: first name and an initial, enough for somebody who pays for several."""
    terms: list[Terms]
    in_force: str
    saved: str
    """What was saved by this link, once it was used."""


def method_link(request: HttpRequest, biller: int, token: str) -> HttpResponseBase:
    now = clock().now()
    guest = Guest(biller, By("link", now, network_of_client(request)))
    page = _read(request, guest, token)
    if page is None:
        return render(request, "method_links/over.html", status=404)
    if page.link.method is not None:
        if request.method == "POST":
            return redirect("method_link", biller, token)
        return render(request, "method_links/done.html", {"page": page, "biller": page.biller})
    fields = fields_of(biller)
    typed = request.POST if request.method == "POST" else None
    form = AgreeForm(
        typed,
        initial={"kind": CARD},
        wallet=[],
        today=page.biller.today_at(now),
        banks=fields is None or fields.banks,
        currency=page.biller.currency,
    )
    if request.method == "POST" and request.POST.get("check"):
        return field_errors(form)
    problem: Problem | None = None
    if form.is_bound and form.is_valid():
        problem = _agreed(request, guest, token, page, form)
        if problem is None:
            return redirect("method_link", biller, token)
    context: dict[str, Any] = {"page": page, "biller": page.biller, "terms": page.terms, "form": form, "problem": problem}
    context |= {"human_check": human_check().render()}
    return shown(request, "method_links/link.html", context, fields, 422 if form.is_bound else 200)


def _read(request: HttpRequest, guest: Guest, token: str) -> Page | None:
    """In the language its payer reads, as the mail was."""
    with guest.reading() as tx:
        link = find_link(tx, token, guest.by.at)
        if link is None:
            return None
        payer = tx.record("select name, language from payer where id = %(payer)s", payer=link.payer) or {}
        read_in(request, payer["language"])
        method = tx.record("select kind, brand, last4 from method where id = %(id)s", id=link.method) if link.method else None
        saved = words.method(method["brand"], method["last4"], bank=method["kind"] == "bank") if method else ""
        texts = in_force(tx, get_language() or "en", VISIT_TERMS)
        return Page(biller(tx), link, first_and_initial(payer["name"]), texts, names_of(texts), saved)


def _agreed(request: HttpRequest, guest: Guest, token: str, page: Page, form: AgreeForm) -> Problem | None:
    """None when it is saved and agreed to. Nobody agrees to a text they were not shown (C9)."""
    if request.POST.get("terms") != page.in_force and not seen_before(guest, form):
        head = _("The terms changed since you opened this page. Nothing was saved. Please read them again.")
        return Problem("warn", "circle-alert", head)
    outcome = save_new(request, guest, page.link.payer, form)
    if not isinstance(outcome, int):
        head = _("We could not save this payment method. Nothing was charged.")
        return problem_in_words(outcome, head, _("Nothing was charged."))
    signature = Signature(
        form.cleaned_data["holder"],
        ip=client_address(request),
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:300],
        range_minor=form.range_minor,
        language=language_of(page.in_force),
    )
    try:
        use_link(WebDatabase(), guest.biller, token, outcome, signature, guest.by)
    except Refusal as refusal:
        return Problem("bad", "circle-x", refused(refusal))
    return None
