"""A payment company that books wrongly, on command: for those who must show that it is noticed."""

from __future__ import annotations

from sandbox_processor.sandbox import Sandbox
from sandbox_processor.wire import Object
from sandbox_processor.work import Work

CHANGES = ("amount", "fee", "created")


def misbook(sandbox: Sandbox, sent: Object) -> Object:
    """`{"account": "demo", "source": "pi_..."}` and what is wrong with its newest line of the balance: `amount` and `fee` (cents),
    `created` (seconds), `"gone": true` (no such line) or `"left_out": true` (never paid out). With `"source": "po_..."`, `amount` is what
    the payout says it is. Answers the line, or the payout.
    """
    work = sandbox.work_on(sent["account"])
    wrong = {name: sent[name] for name in CHANGES if name in sent}
    if not wrong and not sent.get("gone") and not sent.get("left_out"):
        raise ValueError(f"Say what is wrong: {', '.join(CHANGES)}, gone or left_out.")
    source = str(sent["source"])
    answer = _payout(work, source, wrong) if source.startswith("po_") else _line(work, source, wrong, sent)
    sandbox.finish(work)
    return answer


def _payout(work: Work, payout: str, wrong: Object) -> Object:
    return work.put("payout", {**work.known("payout", payout).object, **wrong})


def _line(work: Work, source: str, wrong: Object, sent: Object) -> Object:
    line = _newest(work, source)
    line = {**line, **wrong}
    work.put("balance_transaction", line | {"net": line["amount"] - line["fee"]})
    if sent.get("left_out"):
        work.note("balance_transaction", line["id"], due=None)
    if sent.get("gone"):
        work.remove("balance_transaction", line["id"])
    return line


def _newest(work: Work, source: str) -> Object:
    if source.startswith("pi_"):
        source = work.known("payment_intent", source).object["latest_charge"]
    for row in work.rows("balance_transaction", "source", source):
        return row.object
    raise ValueError(f"Nothing was booked for {source}.")
