"""The terms payers agree to: every version, who agreed to which, and a new one in three steps: write, look, publish (A64, E5, C9)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from autopay.agreements.publish_terms import LONGEST, Draft, Version, drafted, publish_text, versions
from autopay.agreements.terms import METHODS, PARTS, TEXTS, Part
from autopay.agreements.terms_in_spanish import TEXTS as IN_SPANISH
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.sentences import refused
from autopay.surfaces.shared.biller import biller
from autopay.surfaces.shared.fields import NEEDED, Form
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.vendor.entrance import for_vendors
from autopay.tenancy import WebDatabase

NAMES = {"account_card": gettext_lazy("Paying by card"), "account_bank": gettext_lazy("Paying from a bank account")}
LANGUAGES = {"en": (gettext_lazy("English"), TEXTS), "es": (gettext_lazy("Spanish"), IN_SPANISH)}
"""By name, and the texts the house has in it."""
SAYS = {
    "payee": gettext_lazy("who charges: your name"),
    "method": gettext_lazy("what is charged: the card or bank account"),
    "trigger": gettext_lazy("what triggers a charge"),
    "amount": gettext_lazy("how the amount is set"),
    "when": gettext_lazy("when a charge is made"),
    "cancel": gettext_lazy("how to cancel"),
    "changes": gettext_lazy("how changes are told"),
    "contact": gettext_lazy("how to reach you: phone or email"),
}


class TermsForm(Form):
    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"class": "in", "rows": 16, "spellcheck": "true"}),
        help_text=gettext_lazy("{name}, {phone}, {email} and {method} are filled in with your own when it is published."),
        error_messages={"required": NEEDED},
    )


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of terms with its versions, newest first. `untranslated`: payers who read Spanish are shown the English text."""

    slug: str
    name: str
    versions: list[Version]
    translations: list[Version]

    @property
    def untranslated(self) -> bool:
        return bool(self.versions) and not any(each.in_force for each in self.translations)


@for_vendors
def terms(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    visitor.must_be_allowed(Act.STAFF)
    with visitor.reading() as tx:
        house, found, spanish = biller(tx), versions(tx), versions(tx, "es")
    kinds = [Kind(slug, str(name), _of(slug, found), _of(slug, spanish)) for slug, name in NAMES.items()]
    return render(request, "vendor/terms.html", {"visitor": visitor, "biller": house, "kinds": kinds})


@for_vendors
def version(request: HttpRequest, visitor: Visitor, kind: str, number: int, language: str = "en") -> HttpResponse:
    visitor.must_be_allowed(Act.STAFF)
    with visitor.reading() as tx:
        house, found = biller(tx), versions(tx, language)
    this = next((each for each in found if (each.kind, each.version) == (kind, number)), None)
    if this is None:
        raise Http404
    return render(request, "vendor/terms_version.html", {"visitor": visitor, "biller": house, "this": this, "name": NAMES[kind]})


@for_vendors
def write(request: HttpRequest, visitor: Visitor, kind: str, language: str = "en") -> HttpResponse:
    """GET: the text in force, to be changed. POST: look at it as it would be published; with `publish`, publish what was looked at."""
    visitor.must_be_allowed(Act.STAFF)
    if kind not in METHODS or language not in LANGUAGES:
        raise Http404
    named, house_texts = LANGUAGES[language]
    with visitor.reading() as tx:
        house, english = biller(tx), _last(kind, versions(tx))
        if language != "en" and english is None:
            raise Http404
        last = english if language == "en" else _last(kind, versions(tx, language))
        start = last.text if last and request.GET.get("from") != "house" else house_texts[kind]
        form = TermsForm(request.POST if request.method == "POST" else None, initial={"text": start})
        draft = drafted(tx, kind, form.cleaned_data["text"], language) if form.is_bound and form.is_valid() else None
    if draft and request.POST.get("then") == "publish" and _published(request, visitor, draft):
        return redirect("vendor:terms")
    page = {"visitor": visitor, "biller": house, "kind": kind, "name": NAMES[kind], "form": form, "draft": draft}
    page |= {"seen": last.version if last else 0, "agreed": last.agreed if last else 0, "english": english}
    page |= {"language": language, "language_name": named, "parts": [_told(part, draft) for part in PARTS]}
    return render(request, "vendor/write_terms.html", page, status=422 if form.errors or (draft and not draft.complete) else 200)


def _published(request: HttpRequest, visitor: Visitor, draft: Draft) -> bool:
    """What the page had seen, as it said: the last version in this language, and the English one that is translated."""
    seen, english = (int(said) if said.isdecimal() else -1 for said in map(request.POST.get, ("seen", "english"), ("", "")))
    if draft.language != "en":
        draft = replace(draft, translates=english)
    try:
        made = publish_text(WebDatabase(), visitor.biller, draft, seen, visitor.by)
    except Refusal as refusal:
        messages.warning(request, refused(refusal))
        return False
    with visitor.reading() as tx:
        old = sum(each.agreed for each in versions(tx, draft.language) if each.kind == draft.kind and each.version < made)
    kept = ngettext(
        "%(n)s payer keeps the older terms until they agree anew.",
        "%(n)s payers keep the older terms until they agree anew.",
        old,
    )
    messages.success(request, _in_force_now(draft, made) + " " + kept % {"n": old})
    return True


def _in_force_now(draft: Draft, made: int) -> str:
    if draft.language != "en":
        told = {"n": made, "language": LANGUAGES[draft.language][0], "english": draft.translates}
        return _("Version %(n)s in %(language)s is in force, as the translation of version %(english)s.") % told
    return _("Version %(n)s is in force.") % {"n": made}


def _of(slug: str, found: list[Version]) -> list[Version]:
    return [each for each in found if each.kind == slug]


def _last(kind: str, found: list[Version]) -> Version | None:
    return max(_of(kind, found), key=_version, default=None)


def _told(part: Part, draft: Draft | None) -> tuple[str, str]:
    """A required part and whether the text holds it: yes, no, or not looked at yet."""
    state = "" if draft is None else "no" if part in draft.missing else "yes"
    return str(SAYS[part.name]), state


def _version(each: Version) -> int:
    return each.version
