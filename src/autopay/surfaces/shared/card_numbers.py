"""No card number reaches us (P2): a request that carries one in a field is refused before any page sees it.

People type it into the wrong field, and software fills it in. The number is neither logged nor shown again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

log = structlog.get_logger()
RUN = re.compile(r"(?<![0-9A-Za-z])(?<![0-9A-Za-z][-_])[0-9](?:[ .\u00a0\u2010-\u2015-]{0,3}[0-9]){12,18}(?![-_]?[0-9A-Za-z])")
"""13 to 19 digits, grouped as people do. Digits that are part of a longer word belong to a token."""
PREFIXES = {
    13: r"4",
    14: r"3(?:0[0-5]|[689])",
    15: r"3[47]",
    16: r"4|5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|6(?:011|4[4-9]|5|2)|35(?:2[89]|[3-8])|3(?:0[0-5]|[689])",
    17: r"62",
    18: r"62",
    19: r"4|6(?:011|4[4-9]|5|2)",
}
"""How the numbers of each length begin: Visa, Mastercard, American Express, Discover, Diners Club, JCB, UnionPay."""


class CardNumbersRefused:
    """Middleware. Looks at what is asked and typed, not at files."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        field = next((name for name, value in _fields(request) if has_card_number(value) or has_card_number(name)), None)
        return self._get_response(request) if field is None else _refused(request, field)


def has_card_number(text: str) -> bool:
    return any(_is_one(re.sub(r"[^0-9]", "", run)) for run in RUN.findall(text))


def _fields(request: HttpRequest) -> Iterable[tuple[str, str]]:
    for sent in (request.GET, request.POST):
        for name, values in sent.lists():
            yield from ((str(name), str(value)) for value in values)


def _is_one(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    passes_luhn = (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0
    return passes_luhn and re.match(PREFIXES[len(digits)], digits) is not None


def _refused(request: HttpRequest, field: str) -> HttpResponse:
    """The page's script asks for JSON and shows the sentence beside the field; without it a page of its own says the same."""
    log.warning("card_number_refused", path=request.path, method=request.method)
    if "application/json" in request.headers.get("Accept", "") and not has_card_number(field):
        return JsonResponse({"errors": {field: [_sentence()]}})
    return render(request, "card_number.html", {"sentence": _sentence()}, status=422)


def _sentence() -> str:
    return _("This looks like a card number. For your safety we do not take it here. Card numbers go in the card fields only.")
