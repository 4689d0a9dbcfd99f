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

CARD_IN_SPANISH = """{name} puede guardar esta tarjeta con su empresa de pagos, para que yo pueda pagar otra vez con ella. Solo se cobra \
cuando toco Pagar en este sitio, por el monto que confirmo allí. El pago automático no la cobra, a menos que yo la inscriba. Una retención \
de $1.00 comprueba la tarjeta y se libera; no es un cobro. Recibo un correo cuando esta tarjeta se agrega, se cambia o se quita, y puedo \
quitarla de mi billetera en cualquier momento."""
BANK_IN_SPANISH = """{name} puede guardar esta cuenta de banco con su empresa de pagos, para que yo pueda pagar otra vez desde ella. Solo se \
debita cuando toco Pagar en este sitio, una vez por cada pago, por el monto que confirmo allí. El pago automático no la debita, a menos que \
yo la inscriba. Recibo un correo cuando esta cuenta de banco se agrega, se cambia o se quita, y puedo quitarla de mi billetera en cualquier \
momento."""
CARD_OF_PATIENT_IN_SPANISH = """{name} puede guardar esta tarjeta con su empresa de pagos, para que yo pueda pagar otra vez con ella. Solo se \
cobra cuando toco Pagar en este sitio, por el monto que confirmo allí. El pago automático no la cobra, a menos que yo también acepte eso. \
Una retención de $1.00 comprueba la tarjeta y se libera; no es un cobro. Recibo un correo cuando esta tarjeta se agrega, se cambia o se \
quita, y la oficina la quita cuando lo pido."""
TEXTS = {"en": (CARD, BANK), "es": (CARD_IN_SPANISH, BANK_IN_SPANISH)}
OF_PATIENT = {"en": CARD_OF_PATIENT, "es": CARD_OF_PATIENT_IN_SPANISH}


def text_for(name: str, *, bank: bool, language: str = "en") -> str:
    """The exact text a payer agrees to when they save a method for themselves; `name` is the biller's."""
    return TEXTS.get(language, TEXTS["en"])[bank].format(name=name)


def text_for_patient(name: str, language: str = "en") -> str:
    """The same for a card that is typed in the Patient Portal and may stay."""
    return OF_PATIENT.get(language, CARD_OF_PATIENT).format(name=name)


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
