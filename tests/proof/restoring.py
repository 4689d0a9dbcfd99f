"""A stage whose database is backed up and put back by the test: the real engine, simulated time, the sandbox's book as judge."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

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
from autopay_proof.jobs import WORK
from autopay_proof.simulate import Ground, clone, copy_of
from autopay_proof.stage import GOOD, Stage, card
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
    backup: str

    @property
    def name(self) -> str:
        return str(conninfo_to_dict(self.stage.dsns["owner"])["dbname"])

    def keep_backup(self) -> None:
        clone(self.ground.admin, self.name, self.backup)

    def put_back(self) -> None:
        clone(self.ground.admin, self.backup, self.name)

    def passes(self, hours: float) -> None:
        self.stage.time.passed += hours * 3600
        self.stage.sandbox.settle_due()

    def visit(self, who: str, minor: int, visit: str) -> int:
        """Imported from another system, and invoiced; told again it is the same."""
        done = CompletedVisit(self.stage.payers[who], date(2026, 3, 6), minor, visit, "ehr")
        with self.stage.database("app") as db, db.transaction(self.stage.biller) as tx:
            issued = issue_visits(
                tx, self.stage.biller, [complete_visit(tx, self.stage.biller, done, self.stage.by())], self.stage.by()
            )
        return issued.invoices[0] if issued.invoices else 0

    def account(self, bill_day: int, minor: int = 25685) -> int:
        """A practice with one product, enrolled with a card."""
        stage, biller = self.stage, self.stage.biller
        with stage.database("app") as db:
            with db.transaction(biller) as tx:
                new = NewPayer("account", "Green Valley", "gv", bill_day=bill_day)
                payer = create_payers(tx, biller, [new], stage.by())["autopay", "gv"]
                tx.run(SELECTED, b=biller, p=payer, minor=minor)
            stage.payers["Green Valley"] = payer
            method = card(stage, db, payer, GOOD)
            enroll(db, biller, payer, Enrollment(method, PEOPLE, Signature("Ann Lee")), stage.by())
        return payer

    def work(self, rounds: int = 3) -> None:
        """Rounds of a worker, 20 minutes apart."""
        for _ in range(rounds):
            with self.stage.database("engine") as db:
                asyncio.run(self._recognize(db))
                for job in WORK.values():
                    job(self.stage.engine(db))
            self.passes(1 / 3)

    async def _recognize(self, db: Any) -> None:
        while recognize(self.stage.engine(db)):
            pass
        explain(db, self.stage.time.now())

    def watch(self) -> Quarantine | None:
        with self.stage.database("engine") as db:
            return watch(db, self.place, self.stage.time.now())

    def compare(self) -> Compared:
        found = self.watch()
        assert found
        assert found.known_until
        since = found.known_until

        async def all_of_it(db: Any) -> list[Compared]:
            return await compare(self.stage.engine(db), since)

        with self.stage.database("engine") as db:
            return asyncio.run(all_of_it(db))[0]

    def lift(self) -> None:
        with self.stage.database("engine") as db:
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
        made = Restoring(ground, stage, Place("", Witness(home / "witness.json")), f"proof_backup_{number}")
        assert made.watch() is None
        yield made
