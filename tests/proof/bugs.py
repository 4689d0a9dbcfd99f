"""Bugs that must be caught: each a change to a copy of the product, as somebody might make it. Numbered as in rules 2.6; from X26 on ours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

Edit = tuple[str, str, str]
"""In this file of the product: this text, which is there once, becomes that."""


@dataclass(frozen=True, slots=True)
class Bug:
    """Caught by the simulator within `seeds`, or where `by` names one, by that test."""

    name: str
    edits: tuple[Edit, ...]
    seeds: int = 200
    by: str = ""

    def plant(self, src: Path) -> None:
        """Into the copy under `src`. Raises ValueError when the product has changed so that it no longer applies."""
        for file, old, new in self.edits:
            path = src / "autopay" / file
            text = path.read_text()
            if text.count(old) != 1:
                raise ValueError(f"{self.name} no longer applies to {file}: write it anew")
            path.write_text(text.replace(old, new))


CANARY = Bug(
    "X0 every payment is made twice",
    (
        (
            "charging/settle.py",
            "            return Row(State.PAID, ref, network_ref, minor=amount.minor)",
            "            return Row(State.DUE, attempt=1, run_at=clock.now())",
        ),
    ),
    20,
)
"""A harness that does not catch this one is dead."""

BUGS = [
    Bug(
        "X1 an invoice may have two live parts",
        (
            (
                "charging/migrations/0002_tables.py",
                'constraint=models.UniqueConstraint(condition=models.Q(("live", True)), fields=("invoice",), name="part_live_once")',
                'constraint=models.CheckConstraint(condition=models.Q(("id__gt", 0)), name="part_live_once")',
            ),
        ),
        10,
    ),
    Bug(
        "X2 a new key for each try",
        (
            (
                "charging/look_up.py",
                """        if isinstance(found, Absent) and charge.state == State.UNKNOWN:
            return await _rule_out(engine, processor, charge)""",
                """        if charge.state == State.UNKNOWN:
            return Settled(charge.id, charge.key, RuledOut())""",
            ),
        ),
    ),
    Bug(
        "X3 a lost answer counts as failed",
        (
            (
                "charging/settle.py",
                "            return Row(State.UNKNOWN, look_at=machine + FIRST_LOOK)",
                "            return Row(State.FAILED, reason='declined')",
            ),
        ),
    ),
    Bug(
        "X4 sent again, unasked, once the processor has forgotten the key",
        (
            (
                "charging/look_up.py",
                """        if isinstance(found, Absent) and charge.state == State.UNKNOWN:
""",
                """        if charge.state == State.UNKNOWN and engine.clock.machine() - charge.called_at > timedelta(hours=24):
            return Settled(charge.id, charge.key, RuledOut())
        if isinstance(found, Absent) and charge.state == State.UNKNOWN:
""",
            ),
        ),
        2000,
    ),
    Bug(
        "X5 what was ruled out is sent again without deciding anew",
        (
            (
                "charging/send.py",
                """    if due.trigger == Trigger.PAY_NOW:
        return pay_now.decide(""",
                """    if due.attempt > 1 and group[0].method and due.trigger != Trigger.PAY_NOW:
        return ChargeNow(sum(facts.open for facts in group), group[0].method)
    if due.trigger == Trigger.PAY_NOW:
        return pay_now.decide(""",
            ),
        ),
        2000,
    ),
    Bug(
        "X6 what allows a charge is looked at before the lock",
        (
            (
                "charging/send.py",
                "        held = tx.record(LOCK, ids=candidates) or {}\n",
                "        early = tx.column('select invoice_id from charge_part where charge_id = any(%(ids)s::bigint[])', ids=candidates)\n"
                "        facts = {fact.invoice: fact for fact in gather(tx, early)}\n"
                "        held = tx.record(LOCK, ids=candidates) or {}\n",
            ),
            (
                "charging/send.py",
                "        facts = {fact.invoice: fact for fact in gather(tx, [invoice for due in dues for invoice in due.invoices])}\n",
                "",
            ),
        ),
        by="tests/proof/test_races.py -m prove -k 'lower and limit'",
    ),
    Bug(
        "X7 a cancellation takes no lock",
        (
            (
                "charging/switch.py",
                """for update", payer=payer
    )  # from here""",
                """", payer=payer
    )  # from here""",
            ),
        ),
        by="tests/proof/test_races.py",
    ),
    Bug(
        "X8 a cancellation is answered before it holds",
        (
            (
                "charging/switch.py",
                """    tx.run(
        "select from agreement where payer_id = %(payer)s for update", payer=payer
    )  # from here""",
                """    sent = tx.all(OnItsWay, ON_ITS_WAY, payer=payer)
    tx.run(
        "select from agreement where payer_id = %(payer)s for update", payer=payer
    )  # from here""",
            ),
            (
                "charging/switch.py",
                """    sent = tx.all(OnItsWay, ON_ITS_WAY, payer=payer)
    if switch is""",
                "    if switch is",
            ),
        ),
        by="tests/proof/test_races.py",
    ),
    Bug(
        "X9 the newest card is charged",
        (
            (
                "charging/facts.py",
                "m.payer_id = i.payer_id and m.is_default",
                "m.id = (select max(n.id) from method n where n.payer_id = i.payer_id)",
            ),
            (
                "charging/candidates.py",
                "(m.is_default or m.id = c.chosen_method_id)",
                "true",
            ),
        ),
    ),
    Bug(
        "X10 a decline falls through to another card",
        (
            (
                "charging/facts.py",
                "m.payer_id = i.payer_id and m.is_default",
                """m.id = (select n.id from method n where n.payer_id = i.payer_id and n.state = 'usable'
        order by exists(select from charge d where d.method_id = n.id and d.state = 'failed'), not n.is_default, n.id limit 1)""",
            ),
            (
                "charging/candidates.py",
                "(m.is_default or m.id = c.chosen_method_id)",
                "true",
            ),
        ),
        1000,
    ),
    Bug(
        "X11 the company's switch overrides a patient's Off",
        (
            (
                "charging/on_invoice.py",
                '    if facts.switch == "off":',
                '    if facts.switch == "off" and not facts.company_on:',
            ),
        ),
        1000,
    ),
    Bug(
        "X12 a message is answered before it is stored",
        (
            (
                "processors/inbox.py",
                "from autopay.database import Database",
                """from contextlib import suppress

from autopay.database import Database""",
            ),
            (
                "processors/inbox.py",
                """    with db.transaction(biller) as tx:
        return bool(""",
                """    with suppress(Exception), db.transaction(biller) as tx:
        return bool(""",
            ),
        ),
        4000,
    ),
    Bug(
        "X13 a message is stored each time it comes",
        (
            (
                "processors/inbox.py",
                """ on conflict do nothing\"\"\",
                biller=biller,
                event""",
                """\"\"\",
                biller=biller,
                event""",
            ),
        ),
        1000,
    ),
    Bug(
        "X14 an older message moves a charge back",
        (
            (
                "processors/inbox.py",
                "select id, biller_id, payment from webhook_event",
                "select id, biller_id, payment, type from webhook_event",
            ),
            (
                "processors/inbox.py",
                "update charge c set look_at = %(machine)s from news",
                """update charge c set look_at = %(machine)s,
        state = case when news.type = 'payment_intent.processing' then 'pending' else c.state end
        from news""",
            ),
        ),
        1000,
    ),
    Bug(
        "X15 what a message says is believed",
        (
            (
                "processors/inbox.py",
                "select id, biller_id, payment from webhook_event",
                "select id, biller_id, payment, type from webhook_event",
            ),
            (
                "processors/inbox.py",
                "update charge c set look_at = %(machine)s from news",
                """update charge c set look_at = case when news.type not like '%%.succeeded' then %(machine)s end,
        state = case when news.type like '%%.succeeded' then 'paid' else c.state end
        from news""",
            ),
        ),
        1000,
    ),
    Bug(
        "X16 the ledger is written afterwards",
        (
            (
                "charging/settle.py",
                """when 'captured' then 'receivable' else 'processor' end,
               minor, currency, kind, 'charge_part:' || part, payer_id, invoice_id, today
        from money)""",
                """when 'captured' then 'receivable' else 'processor' end,
               minor, currency, kind, 'charge_part:' || part, payer_id, invoice_id, today
        from money where kind <> 'captured')""",
            ),
            (
                "charging/settle.py",
                """            if settled.charge not in moved:
                contradict(tx, settled.charge, settled.outcome)
""",
                """            if settled.charge not in moved:
                contradict(tx, settled.charge, settled.outcome)
    with db.transaction() as tx:
        tx.run(\"\"\"insert into ledger_transfer (biller_id, debit, credit, minor, currency, kind, source, payer_id, invoice_id, "on")
            select c.biller_id, 'processor', 'receivable', p.minor, c.currency, 'captured', 'charge_part:' || p.id, c.payer_id, p.invoice_id,
                   current_date from charge c join charge_part p on p.charge_id = c.id and p.minor > 0
            where c.id = any(%(ids)s::bigint[]) and c.state = 'paid'\"\"\", ids=list(moved))
""",
            ),
        ),
        1000,
    ),
    Bug(
        "X17 a refund without a key",
        (
            (
                "processors/stripe/adapter.py",
                'return outcome(await self._stripe.post(("refunds",), body, read, key))',
                'return outcome(await self._stripe.post(("refunds",), body, read))',
            ),
        ),
        1000,
    ),
    Bug(
        "X17 a refund is sent again under another key",
        (
            (
                "charging/send_refunds.py",
                "        ruling = await processor.rule_out(Op.REFUND, key=opened.key, method=method)",
                "        return RuledOut()",
            ),
        ),
        by="tests/proof/test_crashes.py::test_V35_every_workflow_ends_right_when_nobody_dies",
    ),
    Bug(
        "X18 cents are floats",
        (
            (
                "processors/stripe/payment.py",
                '        "amount": amount.minor,',
                '        "amount": int(amount.minor / 100 * 100),',
            ),
        ),
        1000,
    ),
    Bug(
        "X19 a bank debit is paid when it is sent",
        (
            (
                "charging/settle.py",
                "            return Row(State.PENDING, ref, minor=amount.minor, look_at=machine + BANK_LOOK)",
                "            return Row(State.PAID, ref, minor=amount.minor, look_at=machine + BANK_LOOK)",
            ),
        ),
    ),
    Bug(
        "X20 an account closed to us is debited again",
        (
            (
                "charging/stop_returned.py",
                "FOR_GOOD = (Reason.ACCOUNT_CLOSED, Reason.NO_ACCOUNT, Reason.NOT_AUTHORIZED, Reason.METHOD_GONE)",
                "FOR_GOOD = (Reason.METHOD_GONE,)",
            ),
        ),
        by="tests/proof/test_crashes.py::test_V35_every_workflow_ends_right_when_nobody_dies",
    ),
    Bug(
        "X21 the next bill day comes from the last bill",
        (
            (
                "billing/bill.py",
                'and least({ANCHOR.format(on="%(on)s")}, %(month_days)s) = extract',
                """and least(coalesce((select extract(day from max(i.period)) from invoice i where i.payer_id = p.id),
                         {ANCHOR.format(on="%(on)s")}), %(month_days)s) = extract""",
            ),
        ),
        by="tests/billing/test_calendar.py",
    ),
    Bug(
        "X22 a month ends when it ends in UTC",
        (
            (
                "charging/night.py",
                "today = engine.clock.today(biller.zone)",
                'today = engine.clock.today("UTC")',
            ),
        ),
        by="tests/billing/test_calendar.py",
    ),
    Bug(
        "X23 a debit is charged before its notice is over",
        (
            (
                "charging/on_invoice.py",
                "NOTICE = timedelta(days=11)",
                "NOTICE = timedelta(days=1)",
            ),
        ),
        1000,
    ),
    Bug(
        "X24 a restore without quarantine",
        (
            (
                "installation/rights.py",
                "select quarantined_at is null and (identity = '' or identity = database_identity()) from",
                "select true from",
            ),
        ),
        by="tests/proof/test_restore.py",
    ),
    Bug(
        "X25 the processor is called inside a transaction",
        (
            (
                "charging/send.py",
                "            outcome = await engine.processors[due.biller].charge(method, amount, key=sending.key, ref=ref)",
                """            with engine.db.transaction():
                outcome = await engine.processors[due.biller].charge(method, amount, key=sending.key, ref=ref)""",
            ),
        ),
        40,
    ),
    Bug(
        "X26 never sent is concluded without ruling the key out",
        (
            (
                "charging/look_up.py",
                "            return await _rule_out(engine, processor, charge)",
                "            return Settled(charge.id, charge.key, RuledOut())",
            ),
        ),
        by="tests/proof/test_crashes.py::test_V35_every_workflow_ends_right_when_nobody_dies",
    ),
    Bug(
        "X27 only who looks knows of a restore",
        (
            (
                "installation/rights.py",
                "select quarantined_at is null and (identity = '' or identity = database_identity()) from installation",
                "select quarantined_at is null from installation",
            ),
        ),
        by="tests/proof/test_after_restore.py",
    ),
    Bug(
        "X28 a restored charge is looked for under its next key alone",
        (("charging/recognize.py", "ATTEMPTS = 20", "ATTEMPTS = 1"),),
        by="tests/proof/test_after_restore.py",
    ),
]
