"""Bugs that must be caught: each one change to a copy of the product, as somebody might make it. Numbered as in rules 2.6; from X26 on ours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Bug:
    """Caught by the simulator within `seeds`, or where `by` names one, by that test."""

    name: str
    file: str
    old: str
    new: str
    seeds: int = 200
    by: str = ""

    def plant(self, src: Path) -> None:
        """Into the copy under `src`. Raises ValueError when the product has changed so that it no longer applies."""
        path = src / "autopay" / self.file
        text = path.read_text()
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name} no longer applies to {self.file}: write it anew")
        path.write_text(text.replace(self.old, self.new))


BUGS = [
    Bug(
        "X2 a new key for each try",
        "charging/look_up.py",
        "        if isinstance(found, Absent) and charge.state == State.UNKNOWN:\n"
        "            return await _rule_out(engine, processor, charge)",
        "        if charge.state == State.UNKNOWN:\n            return Settled(charge.id, charge.key, RuledOut())",
    ),
    Bug(
        "X3 a lost answer counts as failed",
        "charging/settle.py",
        "            return Row(State.UNKNOWN, look_at=machine + FIRST_LOOK)",
        "            return Row(State.FAILED, reason='declined')",
    ),
    Bug(
        "X6 what allows a charge is looked at before the lock",
        "charging/send.py",
        "order by payer_id for share skip locked",
        "order by payer_id",
        4000,
    ),
    Bug(
        "X7 a cancellation takes no lock",
        "charging/switch.py",
        'for update", payer=payer\n    )  # from here',
        '", payer=payer\n    )  # from here',
        4000,
    ),
    Bug(
        "X9 the newest card is charged",
        "charging/facts.py",
        "m.payer_id = i.payer_id and m.is_default",
        "m.id = (select max(n.id) from method n where n.payer_id = i.payer_id)",
    ),
    Bug(
        "X11 the company's switch overrides a patient's Off",
        "charging/on_invoice.py",
        '    if facts.switch == "off":',
        '    if facts.switch == "off" and not facts.company_on:',
        1000,
    ),
    Bug(
        "X17 a refund is sent again under another key",
        "charging/send_refunds.py",
        "RuledOut() if",
        "RuledOut() if True or",
        2000,
    ),
    Bug(
        "X21 the next bill day comes from the last bill",
        "billing/bill.py",
        """and least({ANCHOR.format(on="%(on)s")}, %(month_days)s) = extract""",
        """and least(coalesce((select extract(day from max(i.period)) from invoice i where i.payer_id = p.id),
                         {ANCHOR.format(on="%(on)s")}), %(month_days)s) = extract""",
        by="tests/billing/test_calendar.py",
    ),
    Bug(
        "X22 a month ends when it ends in UTC",
        "charging/night.py",
        "today = engine.clock.today(biller.zone)",
        'today = engine.clock.today("UTC")',
        by="tests/billing/test_calendar.py",
    ),
    Bug(
        "X26 never sent is concluded without ruling the key out",
        "charging/look_up.py",
        "            return await _rule_out(engine, processor, charge)",
        "            return Settled(charge.id, charge.key, RuledOut())",
        4000,
    ),
    Bug(
        "X27 only who looks knows of a restore",
        "installation/rights.py",
        "select quarantined_at is null and (identity = '' or identity = database_identity()) from installation",
        "select quarantined_at is null from installation",
        by="tests/proof/test_after_restore.py",
    ),
    Bug(
        "X28 a restored charge is looked for under its next key alone",
        "charging/recognize.py",
        "ATTEMPTS = 20",
        "ATTEMPTS = 1",
        by="tests/proof/test_after_restore.py",
    ),
]
