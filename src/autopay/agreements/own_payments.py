"""What saving a method allows by itself: payments its payer makes, never autopay (rules C1, C5). Autopay needs a consent of its own."""

from __future__ import annotations

from autopay.database import Database
from autopay.journal.write import By, note

CARD = """{name} may keep this card with its payment company, so that I can pay with it again. It is charged only when I press Pay on this \
site, with the amount I confirm there. Autopay does not charge it unless I enroll it. A hold of $1.00 checks the card and is released; it \
is not a charge. I am told by email when this card is added, changed or removed, and I can remove it from my wallet at any time."""
BANK = """{name} may keep this bank account with its payment company, so that I can pay from it again. It is debited only when I press Pay \
on this site, once each time, with the amount I confirm there. Autopay does not debit it unless I enroll it. I am told by email when this \
bank account is added, changed or removed, and I can remove it from my wallet at any time."""

CARD_OF_PATIENT = """{name} may keep this card with its payment company, so that I can pay with it again. It is charged only when I press \
Pay on this site, with the amount I confirm there. Auto-Pay does not charge it unless I agree to that, too. A hold of $1.00 checks the \
card and is released; it is not a charge. I am told by email when this card is added, changed or removed, and the office removes it when \
I ask."""


def text_for_patient(name: str) -> str:
    """The same for a card that is typed in the Patient Portal and may stay."""
    return CARD_OF_PATIENT.format(name=name)


def text_for(name: str, *, bank: bool) -> str:
    """The exact text a payer agrees to when they save a method for themselves; `name` is the biller's."""
    return (BANK if bank else CARD).format(name=name)


def allow_own_payments(db: Database, biller: int, method: int, text: str, by: By) -> None:
    """Keep the exact text with who agreed to it and when, in the journal; once for a method, however often its form is sent.

    A card that was typed for one payment stays in the wallet from here on."""
    with db.transaction(biller) as tx:
        payer = tx.value("select payer_id from method where id = %(id)s for update", id=method)
        known = tx.value(
            """select 1 from journal_entry where biller_id = %(biller)s and object = 'payer' and object_id = %(payer)s
               and action = 'own payments allowed' and data->>'method' = %(method)s""",
            biller=biller,
            payer=payer,
            method=str(method),
        )
        tx.run("update method set once = false where id = %(id)s and once", id=method)
        if not known:
            note(tx, biller, by, "own payments allowed", ("payer", payer), method=method, text=text)
