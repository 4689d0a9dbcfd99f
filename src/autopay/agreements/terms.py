"""The texts a payer agrees to. Each is published per biller, versioned, hashed; a change is a new version (A57)."""

from __future__ import annotations

import hashlib

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


def publish(tx: Tx, biller: int) -> None:
    """Put the current texts into force for this biller, in its own name; unchanged ones keep their version."""
    row = tx.record("select name, phone, email from biller where id = %(biller)s", biller=biller) or {}
    for kind, template in TEXTS.items():
        text = template.format(**row)
        tx.run(
            """insert into terms (biller_id, kind, language, version, text, sha256)
               select %(biller)s, %(kind)s::text, 'en', 1 + coalesce(max(version), 0), %(text)s, %(sha256)s::text
               from terms where biller_id = %(biller)s and kind = %(kind)s::text and language = 'en'
               having coalesce((array_agg(sha256 order by version desc))[1], '') <> %(sha256)s::text""",
            biller=biller,
            kind=kind,
            text=text,
            sha256=hashlib.sha256(text.encode()).hexdigest(),
        )
