"""Every sentence a payer can read, found in the code, and its Spanish twin. `REDRAW=1 pytest tests/tidy/test_spanish.py` writes both files.

No GNU gettext: Babel reads Python, and templates after Django has made Python of them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import allauth
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from autopay.evidence.verify.shape import DOES_NOT_PROVE, PROVES
from tests.tidy.drawn import ROOT

SOURCE = ROOT / "src/autopay"
PO = SOURCE / "locale/es/LC_MESSAGES/django.po"
MO = PO.with_suffix(".mo")
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop", "sentence")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    "npgettext": ((1, "c"), 2, 3),
    "Refusal": (2,),
}
"""Functions whose texts are translated: which of their arguments are text, `c` the context."""
STAFF_ONLY = (
    "surfaces/office/",
    "surfaces/vendor/",
    "surfaces/demo/",
    "surfaces/shared/staff",
    "surfaces/shared/elsewhere.py",
    "surfaces/shared/charges.py",
    "surfaces/shared/amounts.py",
    "surfaces/shared/refunds.py",
    "surfaces/shared/alerts.py",
    "surfaces/shared/log.py",
    *(
        f"surfaces/shared/{name}.py"
        for name in ("books_page", "connecting", "fields", "house_page", "house_place", "people", "people_forms")
    ),
    "surfaces/shared/templates/house/",
    "surfaces/shared/templates/shell/staff_",
    "surfaces/shared/templates/shell/refund_",
    "surfaces/shared/templates/shell/recorded_rows.html",
    "surfaces/shared/templates/shell/alerts.html",
    "surfaces/shared/templates/shell/log.html",
    "notices/to_the_house.py",
    "interop/",
    "cli/",
    "reconciliation/",
    "parties/staff.py",
    "parties/invitations.py",
    "parties/house.py",
    "parties/create.py",
    "parties/descriptor.py",
    "parties/add_patient.py",
    "parties/answer.py",
    "parties/contacts.py",
    "agreements/papers.py",
    "processors/",
    "billing/prices.py",
    "billing/products.py",
    "billing/open_account.py",
    "billing/bill_day.py",
    "billing/visits.py",
    "agreements/publish_terms.py",
    "charging/adjust.py",
    "charging/record_payment.py",
    "charging/refund.py",
    "charging/void.py",
    "evidence/gather.py",
    "demo_",
    "large_world/",
)
"""What only the biller's staff reads: those pages are in English, whoever opens them (surfaces/shared/language.py)."""
ALLAUTH = Path(allauth.__file__).parent
THEIRS = (
    "account/adapter.py",
    "account/forms.py",
    *(
        f"templates/account/{name}.html"
        for name in ("account_inactive", "password_change", "password_reset", "password_reset_done")
    ),
    *(f"templates/account/{name}.html" for name in ("password_reset_from_key", "password_reset_from_key_done", "password_set")),
    *(f"templates/account/{name}.html" for name in ("reauthenticate", "signup_closed", "base_reauthenticate")),
    *(
        f"templates/account/email/{name}.txt"
        for name in ("base_message", "password_reset_key_message", "password_reset_key_subject")
    ),
    *(f"templates/account/email/{name}.txt" for name in ("unknown_account_message", "unknown_account_subject")),
    *(f"templates/account/messages/{name}.txt" for name in ("password_changed", "password_set")),
)
"""Of allauth, what our log-in pages and mails are made of; its own Spanish is not of one mind about how to address people."""
Found = tuple[str | tuple[str, str], str | None]
"""A text, or both of its numbers; and its context."""
PLACEHOLDER = re.compile(r"%\((\w+)\)([sd])|%(?!\()([sd%])|\{(\w+)\}")


class Words(Catalog):
    """Without dates and names in its head: the same words are the same file."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:  # type: ignore[override]
        return [
            ("Language", "es"),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", self.plural_forms),
        ]


def payer_facing() -> list[Path]:
    found = [*SOURCE.rglob("*.py"), *SOURCE.rglob("templates/**/*.html"), *SOURCE.rglob("templates/**/*.txt")]
    return sorted(path for path in found if not _is_staff_only(path))


def _is_staff_only(path: Path) -> bool:
    here = str(path.relative_to(SOURCE))
    return "migrations" in path.parts or here.startswith(STAFF_ONLY)


def extracted() -> Words:
    """Every text of the code, with the files it stands in."""
    catalog = Words(
        locale="es", fuzzy=False, header_comment="# The Spanish of whatever a payer reads. How it is kept: CONTRIBUTING.md"
    )
    for path in payer_facing():
        for text, context in texts_of(path):
            catalog.add(text, locations=[(str(path.relative_to(ROOT)), 0)], context=context, flags=_flags(text))
    for text in (PROVES, DOES_NOT_PROVE):  # their file is the standard library's alone and can mark nothing
        catalog.add(text, locations=[("src/autopay/evidence/verify/shape.py", 0)])
    for name in THEIRS:
        for text, context in texts_of(ALLAUTH / name):
            catalog.add(text, locations=[(f"allauth/{name}", 0)], context=context, flags=_flags(text))
    return catalog


def _flags(text: str | tuple[str, ...]) -> list[str]:
    singular = text if isinstance(text, str) else text[0]
    return ["python-format"] if re.search(r"%\(\w+\)[sd]|%[sd]", singular) else []


def texts_of(path: Path) -> Iterator[Found]:
    """Python as a tree, so that a text inside an f-string is found; a template as the Python that Django makes of it."""
    if path.suffix == ".py":
        calls = ((_name(call.func), [_plain(each) for each in call.args]) for call in calls_of(path))
    else:
        calls = _calls_of_template(path)
    for function, given in calls:
        found = _text(KEYWORDS[function], given)
        if found and found[0]:
            yield found


def calls_of(path: Path) -> list[ast.Call]:
    tree = ast.walk(ast.parse(path.read_text()))
    return [node for node in tree if isinstance(node, ast.Call) and _name(node.func) in KEYWORDS]


def _calls_of_template(path: Path) -> Iterator[tuple[str, list[str | None]]]:
    source = "\n".join(line.strip() for line in templatize(path.read_text(), origin=str(path)).splitlines())
    for _line, function, said, _comments in extract_python(BytesIO(source.encode()), list(KEYWORDS), [], {"encoding": "utf-8"}):
        yield function, list(said) if isinstance(said, tuple) else [said]


def _text(spec: tuple[object, ...] | None, said: list[str | None]) -> Found | None:
    places = [each if isinstance(each, int) else each[0] for each in spec or (1,)]  # type: ignore[index]
    if any(place > len(said) or said[place - 1] is None for place in places):
        return None
    given = [str(said[place - 1]) for place in places]
    context = given.pop(0) if spec and isinstance(spec[0], tuple) else None
    return (given[0] if len(given) == 1 else (given[0], given[1])), context


def kept() -> Catalog:
    """The Spanish as it is written down."""
    if not PO.exists():
        return Words(locale="es")
    with PO.open("rb") as file:
        return read_po(file, locale="es")


def redrawn() -> bytes:
    """The .po of today's code with the translations there are. New texts are empty; gone ones wait at the end, in case they come back."""
    before, now = kept(), extracted()
    known = {_key(each): each for each in [*before, *before.obsolete.values()] if each.id}
    for message in now:
        if message.id and (old := known.pop(_key(message), None)):
            message.string = old.string
            message.flags |= {"fuzzy"} if old.fuzzy else set()
    for key, old in known.items():
        if translated(old):
            now.obsolete[key] = Message(old.id, old.string, context=old.context)
    out = BytesIO()
    write_po(out, now, width=10_000, sort_output=True, include_lineno=False)
    return out.getvalue()


def _key(message: Message) -> Any:
    return (message.id, message.context)


def compiled() -> bytes:
    """The .mo of the .po."""
    out, words = BytesIO(), Words(locale="es", fuzzy=False)
    for message in kept():
        if message.id and not message.fuzzy:
            words[message.id] = message
    write_mo(out, words)
    return out.getvalue()


def translated(message: Message) -> bool:
    said = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(said) and not message.fuzzy


def placeholders(text: str) -> list[str]:
    return sorted({found.group(0) for found in PLACEHOLDER.finditer(text)})


def hidden(path: Path) -> list[str]:
    """Calls whose text nobody can look up: put together on the spot, or a refusal's constant that is not marked by `sentence`."""
    marked = {
        target.id
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _name(node.value.func) == "sentence"
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return [f"{path.name}:{call.lineno} {ast.unparse(call)}" for call in calls_of(path) if _hides(call, marked)]


def _hides(call: ast.Call, marked: set[str]) -> bool:
    refusal = _name(call.func) == "Refusal"
    text = call.args[1 if refusal else 0]
    if isinstance(text, ast.JoinedStr | ast.BinOp) or (isinstance(text, ast.Attribute) and text.attr == "text" and not refusal):
        return True  # `_(refusal.text)` has its values in it already: `refused(refusal)`
    return refusal and isinstance(text, ast.Name) and text.id not in marked


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else ""


def _plain(text: ast.expr) -> str | None:
    return text.value if isinstance(text, ast.Constant) and isinstance(text.value, str) else None
