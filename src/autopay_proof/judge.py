"""Puts what the auditor needs on its desk: rows of ours, read as they are; the processor's book; what was mailed. And tries what the database
itself must refuse.
"""

from __future__ import annotations

import re

import psycopg

from autopay.clock import local_date
from autopay_proof.auditor import Books, Owner, audit
from autopay_proof.furnish import ACCOUNTS, RANGE
from autopay_proof.stage import ZONE, Stage
from sandbox_processor.oracle import book

CHARGES = """
    select c.id, c.uid::text as uid, c.payer_id as payer, c.state, c.minor, c.reason, c.settled_at, m.token,
           coalesce((select sum(r.minor) from refund r where r.charge_id = c.id and r.state = 'done'), 0)::bigint as refunded
    from charge c left join method m on m.id = c.method_id order by c.id
"""
INVOICES = """select payer_id as payer, total, captured, returned, refunded, elsewhere, voided_at is not null as voided
              from invoice order by id"""
LEDGER = """select coalesce(sum(case when debit = 'processor' then minor when credit = 'processor' then -minor else 0 end), 0)::bigint as held
            from ledger_transfer"""
SECOND_PART = """
    with other as (
        insert into charge (biller_id, payer_id, trigger, debt, currency, run_at)
        select i.biller_id, i.payer_id, 'on_invoice', 'probe', 'USD', now() from invoice i where i.id = %(id)s returning id, biller_id),
    another as (
        insert into charge (biller_id, payer_id, trigger, debt, currency, run_at)
        select i.biller_id, i.payer_id, 'pay_now', 'probe', 'USD', now() from invoice i where i.id = %(id)s returning id, biller_id)
    insert into charge_part (biller_id, charge_id, invoice_id)
    select biller_id, id, %(id)s from other union all select biller_id, id, %(id)s from another
"""


def judge(stage: Stage) -> list[str]:
    return [*audit(stage.history, books(stage)), *_refused_by_the_database(stage)]


def books(stage: Stage) -> Books:
    cast, shown = stage.cast, book(stage.sandbox, {"requests": 1})
    payments = [each for each in shown["payments"] if each["metadata"].get("charge") and each["captures"]]
    return Books(
        cast.agency,
        payments,
        stage.rows(CHARGES),
        stage.rows(INVOICES),
        stage.rows(LEDGER)[0]["held"],
        _owners(stage),
        {cast.payers[name]: methods[0].token for name, methods in cast.methods.items()},
        shown["requests"],
        frozenset(row["event"] for row in stage.rows("select event from webhook_event")),
        _mails(stage),
        frozenset(cast.payers[name] for name in ACCOUNTS),
        lambda instant: local_date(instant, ZONE),
        frozenset(row["payment"] for row in stage.rows("select payment from difference where resolved_at is null")),
        frozenset(row["key"] for row in stage.rows("select key from proof_key")),
    )


def _owners(stage: Stage) -> dict[str, Owner]:
    return {
        method.token: Owner(stage.cast.payers[name], method.announced, RANGE if name == "Eli" and nth == 0 else 0)
        for name, methods in stage.cast.methods.items()
        for nth, method in enumerate(methods)
    }


def _mails(stage: Stage) -> list[dict[str, object]]:
    """Of announcements only: a mail that says "charge" and a day."""
    payers = {f"{name.lower()}@example.test": payer for name, payer in stage.cast.payers.items()}
    return [
        {"on": local_date(at, ZONE), "to": payers.get(mail.to), "text": mail.text}
        for at, mail in stage.mailed
        if re.search(r"will charge|charges", mail.text)
    ]


def _refused_by_the_database(stage: Stage) -> list[str]:
    """I1 as a constraint: two live parts of one invoice."""
    invoices = stage.rows("select max(id) as id from invoice")
    if invoices[0]["id"] is None:
        return []
    connection = stage.connections.take("owner")
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(SECOND_PART, {"id": invoices[0]["id"]})
    except psycopg.errors.UniqueViolation:
        return []
    finally:
        stage.connections.give_back("owner", connection)
    return ["I1: the database takes a second live part of one invoice"]
