"""The office marks a patient's request as answered (V13). What it does about it, it does elsewhere: on the patient's Billing tab."""

from __future__ import annotations

from autopay.database import Database
from autopay.journal.write import By, note
from autopay.refusal import Refusal

DONE = """
    update request set done_at = %(at)s, done_by_id = %(user)s where id = %(id)s and done_at is null returning payer_id, kind
"""


def answer(db: Database, biller: int, request: int, user: int, by: By) -> None:
    """`user` did it. Raises Refusal if somebody answered it before, or it is not this biller's."""
    with db.transaction(biller) as tx:
        done = tx.record(DONE, at=by.at, user=user, id=request)
        if done is None:
            raise Refusal("answered", "Somebody answered this request before.")
        note(tx, biller, by, "request answered", ("payer", done["payer_id"]), request=request, kind=done["kind"])
