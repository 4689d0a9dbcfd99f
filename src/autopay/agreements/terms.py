"""The texts a payer agrees to. Each is published per biller, versioned, hashed; a change is a new version (A57).

A text must hold eight parts (rules E5, C1, L1). Whether a sentence holds one is told by the words it cannot do without.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from autopay.agreements import terms_in_spanish
from autopay.database import Tx

ACCOUNT = """Autopay enrollment with {name}.
I agree that {name} charges my {method} automatically every month for the products and services I have selected, at the prices \
on the Data Sheet(s), the MSA or the SOW, whichever applies, until I cancel. The amount is my open balance for the month. \
I can cancel at any time on the Autopay Settings screen: with the switch there, or, on the classic screens, by choosing Edit/Cancel \
Autopay, typing "cancel" and pressing Submit. It works at once for every charge that has not been sent yet.
{hold}
Changes to these terms are sent to my email address before they apply. Questions: {phone}, {email}."""

VISIT = """Auto-Pay with {name}.
I agree that {name} charges my {method} as soon as one of my visits is completed and invoiced, for my share of that visit. \
{range}I can end this at any time by asking the office at {phone} or {email}; it works at once for every charge that has not been sent yet.
{hold}
Changes to these terms are sent to my email address before they apply."""

CARD_HOLD = """I also allow a temporary authorization hold to check the card. It is not a charge; it may lower my available credit or \
balance until my card issuer or bank releases it, typically within a few business days, by its own policies."""
BANK_HOLD = """I authorize electronic debits from this bank account under the same terms. I may also stop a payment at my bank at \
least three business days before it is made."""
RANGE = "An amount above the limit I set is announced to me ten days before it is charged. "

TEXTS = {
    "account_card": ACCOUNT.replace("{method}", "card").replace("{hold}", CARD_HOLD),
    "account_bank": ACCOUNT.replace("{method}", "bank account").replace("{hold}", BANK_HOLD),
    "visit_card": VISIT.replace("{method}", "card").replace("{hold}", CARD_HOLD).replace("{range}", RANGE),
    "visit_bank": VISIT.replace("{method}", "bank account").replace("{hold}", BANK_HOLD).replace("{range}", RANGE),
}


PUT = """
    with new as (select %(biller)s::bigint as biller, %(kind)s::text as kind, %(language)s::text as language, %(text)s::text as text,
                        %(sha256)s::text as sha256, coalesce(%(at)s::timestamptz, now()) as at),
    english as (select max(t.version) as version from terms t join new on t.biller_id = new.biller and t.kind = new.kind
                where t.language = 'en' and new.language <> 'en'),
    last as (select t.version, t.sha256, t.translates from terms t join new on t.biller_id = new.biller and t.kind = new.kind
             and t.language = new.language order by t.version desc limit 1)
    insert into terms (biller_id, kind, language, version, translates, text, sha256, published_at)
    select new.biller, new.kind, new.language, 1 + coalesce(last.version, 0), english.version, new.text, new.sha256, new.at
    from new cross join english left join last on true
    where (last.sha256, last.translates) is distinct from (new.sha256, english.version)
"""


def publish(tx: Tx, biller: int, at: datetime | None = None) -> None:
    """Put the current texts into force for this biller, in its own name; unchanged ones keep their version. `at`: now, if not given."""
    row = tx.record("select name, phone, email from biller where id = %(biller)s", biller=biller) or {}
    for language, texts in (("en", TEXTS), ("es", terms_in_spanish.TEXTS)):
        for kind, template in texts.items():
            _put(tx, {"biller": biller, "kind": kind, "language": language, "text": template.format(**row), "at": at})


def _put(tx: Tx, new: dict[str, Any]) -> None:
    """The English text first: its translation names the version it translates."""
    tx.run(PUT, **new, sha256=hashlib.sha256(new["text"].encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class House:
    """What the placeholders stand for."""

    name: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class Part:
    """`says` is what the text must say. One sentence must match every pattern; `{name}` and the like stand for the biller's own words."""

    name: str
    says: str
    patterns: tuple[str, ...]


CHARGE = r"\b(charges?|charged|debits?|debited)\b"
MONTH = r"\b(every month|each month|monthly|once a month|bill day|day of (the|each|every) month)\b"
PARTS = (
    Part("payee", "who charges: your name", (r"{name}", CHARGE)),
    Part("method", "what is charged: the {method}", (r"{method}", CHARGE)),
    Part("trigger", "what triggers a charge", (CHARGE, r"\b(automatic(ally)?|bills?|billed|invoices?|invoiced)\b")),
    Part("amount", "how the amount is set", (r"\b(amount|prices?|balance)\b", r"\b(is|are|at|equals?|according)\b")),
    Part("when", "when a charge is made", (CHARGE, MONTH)),
    Part(
        "cancel",
        "how to cancel",
        (r"\b(cancel|end (this|it|autopay)|(turn|switch) (it|this|autopay) off)\b", r"\b(can|may)\b", r"\b(on|at|by|with|in)\b"),
    ),
    Part(
        "changes",
        "how changes are told",
        (r"\bchanges?\b", r"\b(sent|send|told|tell|email|e-mail|mail|notice|notify|notified)\b"),
    ),
    Part("contact", "how to reach you: {phone} or {email}", (r"({phone}|{email})",)),
)
METHODS = {"account_card": "card", "account_bank": "bank account"}
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


def filled(kind: str, template: str, house: House, language: str = "en") -> str:
    """The text with its placeholders put in; one that is not known stays as it is."""
    known = _known(kind, house, language)
    return PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), template)


def unknown_placeholders(text: str) -> list[str]:
    """Of a filled text: what stands in braces still."""
    return [found[0] for found in PLACEHOLDER.finditer(text)]


def missing(kind: str, text: str, house: House, language: str = "en") -> list[Part]:
    """The parts a filled text of this kind does not hold."""
    words, sentences = _known(kind, house, language), SENTENCE.split(text)
    return [part for part in PARTS if not any(_holds(_patterns(part, language), sentence, words) for sentence in sentences)]


def _known(kind: str, house: House, language: str) -> dict[str, str]:
    method = METHODS[kind] if language == "en" else terms_in_spanish.METHODS[METHODS[kind]]
    return {"name": house.name, "phone": house.phone, "email": house.email, "method": method}


def _patterns(part: Part, language: str) -> tuple[str, ...]:
    return part.patterns if language == "en" else terms_in_spanish.PATTERNS[part.name]


def _holds(patterns: tuple[str, ...], sentence: str, words: dict[str, str]) -> bool:
    return all(re.search(_pattern(pattern, words), sentence, re.IGNORECASE) for pattern in patterns)


def _pattern(pattern: str, words: dict[str, str]) -> str:
    """A word the biller has not given matches nothing."""
    return PLACEHOLDER.sub(lambda found: re.escape(words[found[1]]) if words[found[1]] else r"(?!)", pattern)
