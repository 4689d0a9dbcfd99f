"""The payment company's own fields on a page of ours: which script makes them, and what the browser may do for them and no more."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from csp.constants import NONE
from csp.decorators import csp_replace, csp_update
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render

from autopay.processors.accounts import Shown, shown_of
from autopay.surfaces.shared.human_check import human_check
from autopay.surfaces.shared.method_form import MethodForm
from autopay.tenancy import WebDatabase

STRIPE_JS = "https://js.stripe.com/dahlia/stripe.js?advancedFraudSignals=false"
"""The release of the API version we speak, always from Stripe's own host. It does not watch how people move on the page (rule H6)."""
STRIPE_ORIGINS = ("https://js.stripe.com", "https://*.js.stripe.com")
STRIPE_FRAMES = (*STRIPE_ORIGINS, "https://hooks.stripe.com")
STRIPE_API = ("https://api.stripe.com",)


@dataclass(frozen=True, slots=True)
class Fields:
    """`script` is the company's own and gets the key that may be shown; `maker` is the function that makes fields of it, `adapter` our
    module that brings that function along if the company's script does not. The rest is what the page's policy allows."""

    script: str
    key: str
    maker: str
    scripts: tuple[str, ...]
    frames: tuple[str, ...]
    asked: tuple[str, ...] = ()
    adapter: str = ""
    banks: bool = True
    """They take bank accounts too."""


def fields_of(biller: int) -> Fields | None:
    """None where no payment company is connected whose fields our pages know how to show."""
    keys = shown_of(WebDatabase(), biller)
    if keys is None or keys.adapter != "stripe":
        return None
    return _sandbox(keys) if keys.api_base else _stripe(keys)


def _sandbox(keys: Shown) -> Fields | None:
    if not keys.publishable.startswith("pk_test_"):
        return None
    parts = urlsplit(keys.api_base)
    origin = f"{parts.scheme}://{parts.netloc}"
    return Fields(f"{origin}/fields.js", keys.publishable, "SandboxFields", (origin,), (origin,))


def _stripe(keys: Shown) -> Fields | None:
    """Bank accounts are not taken yet: docs/decisions/0015."""
    if not keys.publishable.startswith(("pk_test_", "pk_live_")):
        return None
    adapter = "autopay/stripe_fields.js"
    return Fields(STRIPE_JS, keys.publishable, "StripeFields", STRIPE_ORIGINS, STRIPE_FRAMES, STRIPE_API, adapter, banks=False)


def shown(
    request: HttpRequest, template: str, page: dict[str, object], fields: Fields | None, status: int = 200
) -> HttpResponseBase:
    """The page with what its card fields and its human check need of the browser, and nothing more."""
    allowed = human_check().allowed()
    frames = [*(fields.frames if fields else ()), *allowed.pop("frame-src", [])]
    allowed["script-src"] = [*(fields.scripts if fields else ()), *allowed.get("script-src", [])]
    if fields and fields.asked:
        allowed["connect-src"] = [*fields.asked, *allowed.get("connect-src", [])]

    @csp_replace({"frame-src": frames or [NONE]})
    @csp_update(allowed)
    def page_itself(asked: HttpRequest) -> HttpResponseBase:
        return render(asked, template, page | {"fields": fields}, status=status)

    return page_itself(request)


def field_errors(form: MethodForm) -> JsonResponse:
    """For the page's script: what is wrong with the fields, before the human check is used up (A17)."""
    return JsonResponse({"errors": {name: [str(each) for each in found] for name, found in form.errors.items()}})
