"""What happens by itself when its instant has come."""

from __future__ import annotations

from sandbox_processor.operations import bank_debits, ledger, payment_intent_endings, refunds, verification
from sandbox_processor.work import Work


def settle(work: Work, kind: str, object_id: str) -> None:
    """Let one due thing happen. It must leave the row with another due instant or none."""
    if kind == "charge":
        bank_debits.settle_debit(work, object_id)
    elif kind == "balance_transaction":
        ledger.pay_out(work)
    elif kind == "refund":
        refunds.finish(work, object_id)
    elif kind == "setup_intent":
        verification.expire_deposits(work, "setup_intent", object_id)
    elif kind == "payment_intent":
        intent = work.known("payment_intent", object_id).object
        if intent["status"] == "requires_capture":
            payment_intent_endings.release(work, intent, "automatic")
        else:
            verification.expire_deposits(work, "payment_intent", object_id)
