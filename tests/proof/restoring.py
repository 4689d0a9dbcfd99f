"""A stage whose database is backed up and put back by the test: the real engine, simulated time, the sandbox's book as judge."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autopay.agreements.consent import Signature
from autopay.agreements.enroll import BillingInformation, Enrollment, enroll
from autopay.billing.visits import CompletedVisit, complete_visit
from autopay.charging.after_restore import Compared, compare
from autopay.charging.issue import issue_visits
from autopay.charging.recognize import recognize
from autopay.charging.unexplained import explain
from autopay.installation.watch import Place, Quarantine, lift, watch
from autopay.installation.witness import Witness
from autopay.parties.create import NewPayer, create_payers
from autopay_proof.furnish import GOOD, saved
from autopay_proof.ground import Ground, clone, copy_of, name_of_copy
from autopay_proof.stage import START, Stage
from autopay_proof.work import WORK
from sandbox_processor.oracle import book

PEOPLE = BillingInformation("o@practice.test", "555", "Ann", "Lee", "1 Main", "Reno", "NV", "89501")
SELECTED = """
    with product as (insert into product (biller_id, code, name) values (%(b)s, 'ehr', 'EHR') returning id),
         price as (insert into price (biller_id, product_id, source, minor, since)
                   select %(b)s, id, 'data_sheet', %(minor)s, '2020-01-01' from product)
    insert into selection (biller_id, payer_id, product_id, since) select %(b)s, %(p)s, id, '2020-01-01' from product
"""


@dataclass
class Restoring:
    ground: Ground
    stage: Stage
    place: Place
    name: str
    backup: str

    @property
    def biller(self) -> int:
        return self.stage.cast.agency

    def payer(self, who: str) -> int:
        return self.stage.cast.payers[who]

    def spare(self, who: str) -> int:
        """Their second method."""
        return self.stage.cast.methods[who][1].id

    def keep_backup(self) -> None:
        self._clone(self.name, self.backup)

    def put_back(self) -> None:
        self._clone(self.backup, self.name)

    def _clone(self, one: str, other: str) -> None:
        self.stage.connections.close()
        clone(self.ground.admin, one, other)

    def passes(self, hours: float) -> None:
        self.stage.time.passed += hours * 3600
        self.stage.sandbox.settle_due()

    def visit(self, who: str, minor: int, visit: str) -> int:
        """Imported from another system, and invoiced; told again it is the same."""
        done = CompletedVisit(self.payer(who), START.date(), minor, visit, "ehr")
        by = self.stage.by()
        with self.stage.database("app").transaction(self.biller) as tx:
            issued = issue_visits(tx, self.biller, [complete_visit(tx, self.biller, done, by)], by)
        return issued.invoices[0] if issued.invoices else 0

    def account(self, bill_day: int, minor: int = 25685) -> int:
        """A practice with one product, enrolled with a card."""
        stage, biller, name = self.stage, self.biller, "Green Valley"
        db = stage.database("app")
        with db.transaction(biller) as tx:
            payer = create_payers(tx, biller, [NewPayer("account", name, "gv", bill_day=bill_day)], stage.by())["autopay", "gv"]
            tx.run(SELECTED, b=biller, p=payer, minor=minor)
        stage.cast.payers[name], stage.cast.biller_of[name] = payer, biller
        enroll(db, biller, payer, Enrollment(saved(stage, name, GOOD).id, PEOPLE, Signature("Ann Lee")), stage.by())
        return payer

    def work(self, rounds: int = 3) -> None:
        """Rounds of a worker, 20 minutes apart."""
        for _ in range(rounds):
            db = self.stage.database("engine")
            asyncio.run(self._recognize(db))
            for job in WORK.values():
                job(self.stage, db, None)
            self.passes(1 / 3)

    async def _recognize(self, db: Any) -> None:
        while recognize(self.stage.engine(db)):
            pass
        explain(db, self.stage.time.now())

    def watch(self) -> Quarantine | None:
        db = self.stage.database("engine")
        return watch(db, self.place, self.stage.time.now())

    def compare(self) -> Compared:
        found = self.watch()
        assert found
        assert found.known_until
        since = found.known_until

        async def all_of_it(db: Any) -> list[Compared]:
            return await compare(self.stage.engine(db), since)

        db = self.stage.database("engine")
        return asyncio.run(all_of_it(db))[0]

    def lift(self) -> None:
        db = self.stage.database("engine")
        lift(db, self.place, self.stage.time.now())

    def captured(self) -> list[int]:
        """By the processor's own book, one number for each payment."""
        return [each["capture"] for each in book(self.stage.sandbox, {})["payments"] if each["captures"]]

    def refunded(self) -> int:
        return sum(each["refund"] for each in book(self.stage.sandbox, {})["payments"])

    def requests(self, method: str = "") -> int:
        """How many reached the processor, of this method."""
        return sum(each["method"].startswith(method) for each in book(self.stage.sandbox, {"requests": "1"})["requests"])

    def states(self) -> list[str]:
        return [row["state"] for row in self.stage.rows("select state from charge order by id")]


@contextmanager
def restoring(ground: Ground, number: int, home: Path) -> Iterator[Restoring]:
    with copy_of(ground, number) as stage:
        with stage.database("owner").transaction() as tx:
            tx.run("delete from selection")  # the practices of the others use nothing
        name = name_of_copy(ground, number)
        made = Restoring(ground, stage, Place("", Witness(home / "witness.json")), name, f"{name}_backup")
        assert made.watch() is None
        yield made
