"""The frames of the card and bank fields: one input per frame, on the sandbox's origin, shown only by the app's pages."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files

from sandbox_processor.clock import day_of
from sandbox_processor.known_numbers import CARD_NUMBERS
from sandbox_processor.sandbox import Sandbox
from sandbox_processor.wire import Answer, Object, Request, decode_query

KINDS = {
    "cardNumber": ("Card number", "cc-number"),
    "cardExpiry": ("Expiration date", "cc-exp"),
    "cardCvc": ("CVV", "cc-csc"),
    "bankRouting": ("Routing number", "off"),
    "bankAccount": ("Account number", "off"),
    "bankAccountAgain": ("Account number again", "off"),
}
"""Kind of field to its default label and what the browser may fill in."""
LABELS_IN_SPANISH = {
    "cardNumber": "Número de la tarjeta",
    "cardExpiry": "Vencimiento",
    "cardCvc": "CVV",
    "bankRouting": "Número de ruta",
    "bankAccount": "Número de cuenta",
    "bankAccountAgain": "Número de cuenta otra vez",
}

THEMES, DENSITIES = ("auto", "light", "dark"), ("portal", "service", "office", "classic")
WORDS: dict[str, dict[str, str]] = {
    "en": {
        "empty": "Please fill this in.",
        "incomplete_number": "Your card number is not complete.",
        "incorrect_number": "This card number has a typing error.",
        "not_a_test_number": "This is not a test number. The sandbox takes test numbers only and keeps nothing of this one.",
        "incomplete_expiry": "The expiration date is not complete.",
        "invalid_expiry_month": "The month is a number from 01 to 12.",
        "invalid_expiry_year": "This card has expired.",
        "incomplete_cvc": "The security code is not complete.",
        "incomplete_routing": "A routing number has 9 digits.",
        "routing_number_invalid": "This is not a routing number. Please check the digits.",
        "incomplete_account": "The account number is not complete.",
        "account_number_invalid": "This is not a test account. The sandbox takes test accounts only.",
        "accounts_differ": "These two account numbers differ.",
        "fields_unavailable": "A field did not load. Reload the page and try again.",
        "unreachable": "No answer. Nothing was saved. Please try again.",
        "test_mode_live_card": "This is not a test number. The sandbox takes test numbers only and keeps nothing of this one.",
        "other": "This could not be saved.",
    },
    "es": {
        "empty": "Complete este campo.",
        "incomplete_number": "El número de la tarjeta no está completo.",
        "incorrect_number": "El número de la tarjeta tiene un error.",
        "not_a_test_number": "No es un número de prueba. El entorno de pruebas solo acepta números de prueba y no guarda nada de este.",
        "incomplete_expiry": "La fecha de vencimiento no está completa.",
        "invalid_expiry_month": "El mes es un número del 01 al 12.",
        "invalid_expiry_year": "Esta tarjeta ya venció.",
        "incomplete_cvc": "El código de seguridad no está completo.",
        "incomplete_routing": "El número de ruta tiene 9 dígitos.",
        "routing_number_invalid": "Ese número de ruta no es correcto. Revise los dígitos.",
        "incomplete_account": "El número de cuenta no está completo.",
        "account_number_invalid": "No es una cuenta de prueba. El entorno de pruebas solo acepta cuentas de prueba.",
        "accounts_differ": "Los dos números de cuenta no coinciden.",
        "fields_unavailable": "Un campo no se cargó. Vuelva a cargar la página.",
        "unreachable": "No hubo respuesta. No se guardó nada. Inténtelo de nuevo.",
        "test_mode_live_card": "No es un número de prueba. El entorno de pruebas solo acepta números de prueba y no guarda nada de este.",
        "other": "No se pudo guardar.",
    },
}
STATIC = {
    "/fields.js": ("fields.js", "text/javascript"),
    "/fields/field.js": ("field.js", "text/javascript"),
    "/fields/field.css": ("field.css", "text/css"),
    "/_sandbox/demo.js": ("demo.js", "text/javascript"),
    "/_sandbox/style.css": ("style.css", "text/css"),
}


def field_page(sandbox: Sandbox, request: Request, app_origins: tuple[str, ...]) -> Answer | None:
    """The script, the frames and their parts; None for any other address."""
    if request.method != "GET":
        return None
    if request.path in STATIC:
        name, kind = STATIC[request.path]
        return _file(name, kind)
    head, _, kind = request.path.rpartition("/")
    return _frame(sandbox, kind, decode_query(request.query), app_origins) if head == "/fields" and kind in KINDS else None


def _file(name: str, kind: str) -> Answer:
    body = files("sandbox_processor").joinpath("web", name).read_bytes()
    headers = {"Content-Type": f"{kind}; charset=utf-8", "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return Answer(200, headers | {"Cross-Origin-Resource-Policy": "cross-origin"}, body)


def _frame(sandbox: Sandbox, kind: str, asked: dict[str, str], app_origins: tuple[str, ...]) -> Answer:
    allowed = (sandbox.origin, *app_origins)
    parent = asked.get("parent", "")
    if parent not in allowed:
        said = f"Sandbox: {parent or 'this page'} may not show card fields. Start the sandbox with --allow-origin {parent}."
        return Answer(403, {"Content-Type": "text/plain; charset=utf-8"}, said.encode())
    lang = asked.get("lang", "en") if asked.get("lang") in WORDS else "en"
    label, autocomplete = asked.get("label") or (LABELS_IN_SPANISH[kind] if lang == "es" else KINDS[kind][0]), KINDS[kind][1]
    setup = _setup(sandbox, kind, asked, parent) | {"words": WORDS[lang]}
    html = _HTML.format(
        lang=lang,
        theme=_one_of(asked.get("theme"), THEMES, "auto"),
        density=_one_of(asked.get("density"), DENSITIES, "service"),
        label=escape(label),
        placeholder=escape(asked.get("placeholder", "")),
        autocomplete=autocomplete,
        setup=json.dumps(setup).replace("<", "\\u003c"),
    )
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
        f"form-action 'none'; frame-ancestors {' '.join(allowed)}",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Answer(200, headers, html.encode())


def _setup(sandbox: Sandbox, kind: str, asked: dict[str, str], parent: str) -> Object:
    today = day_of(sandbox.now())
    return {
        "kind": kind,
        "form": asked.get("form", ""),
        "key": asked.get("key", ""),
        "parent": parent,
        "numbers": list(CARD_NUMBERS) if kind == "cardNumber" else [],
        "year": today.year,
        "month": today.month,
    }


def _one_of(asked: str | None, known: tuple[str, ...], otherwise: str) -> str:
    return asked if asked in known else otherwise


_HTML = """<!doctype html>
<html lang="{lang}" data-theme="{theme}" data-density="{density}">
<meta charset="utf-8"><title>{label}</title>
<link rel="stylesheet" href="/fields/field.css">
<input type="text" inputmode="numeric" autocomplete="{autocomplete}" aria-label="{label}" aria-describedby="said" \
placeholder="{placeholder}" spellcheck="false" autocorrect="off">
<span id="said" role="status"></span>
<script type="application/json" id="setup">{setup}</script>
<script src="/fields/field.js" defer></script>
</html>
"""
