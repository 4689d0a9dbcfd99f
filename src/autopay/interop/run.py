"""One import from its files to its report: read and stage, take in, write out what was refused."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from autopay.clock import Clock
from autopay.database import Database
from autopay.interop import staged
from autopay.interop.csv import gather as csv
from autopay.interop.fhir import gather as fhir
from autopay.interop.fhir.link import add_what_belongs
from autopay.interop.records import Identity
from autopay.interop.refused import write_refused
from autopay.interop.report import Ending, Report, report_of
from autopay.interop.stage import Stage
from autopay.interop.take_in import Books, Order, Progress, TakenBack, take_in
from autopay.interop.wallets_for_test import Fate, Giving, check_test_keys, fates, give_wallets
from autopay.processors.accounts import Keys, Processors, keys_of
from autopay.refusal import Refusal
from autopay.wallet.save import Wallets


@dataclass(frozen=True, slots=True)
class Job:
    """What one command asks for. `source` names the system of records without an identifier of their own."""

    kind: str
    files: tuple[Path, ...]
    biller: int
    source: str
    refused: Path
    since: date | None = None
    strict: bool = False
    mix: Mapping[Fate, int] = field(default_factory=dict)

    def order(self) -> Order:
        return Order(self.biller, self.kind, self.source, self.since, self.strict)


@dataclass(frozen=True, slots=True)
class Installation:
    """Where it runs: database (role app), clock, the installation secret under which processor keys are stored."""

    db: Database
    clock: Clock
    secret: bytes


def run(job: Job, installation: Installation, progress: Progress = lambda *_: None) -> Report:
    """Stopped with Ctrl-C, it reports what was taken in so far; begun again, it goes on. Raises Refusal if nothing can begin."""
    giving = _giving(job, installation)
    with closing(Stage()) as stage:
        books = Books(installation.db, installation.clock, stage, job.order(), progress)
        try:
            _read(job, installation, stage, progress)
            take_in(books, lambda: giving(stage, books, progress))
            ending = Ending.DONE
        except TakenBack:
            ending = Ending.TAKEN_BACK
        except KeyboardInterrupt:
            ending = Ending.STOPPED
        return report_of(stage, books.tally, ending, _refused(job, stage) if ending is not Ending.STOPPED else None)


def _read(job: Job, installation: Installation, stage: Stage, progress: Progress) -> None:
    total, done = sum(path.stat().st_size for path in job.files), 0

    def read(more: int) -> None:
        nonlocal done
        done += more
        progress("reading", min(done, total), total)

    zone, currency = _biller(job, installation)
    if job.kind == "csv":
        csv.gather(stage, job.files[0], job.source, currency, read)
    else:
        fhir.gather(stage, job.files, fhir.From(job.source, zone, currency), read)


def _biller(job: Job, installation: Installation) -> tuple[str, str]:
    with installation.db.transaction(job.biller) as tx:
        row = tx.record("select kind, zone, currency from biller where id = %(biller)s", biller=job.biller)
    if row is None or row["kind"] != "agency":
        raise Refusal("no_agency", "Visits are imported for an agency. This biller bills accounts every month.")
    return row["zone"], row["currency"]


def _refused(job: Job, stage: Stage) -> Path | None:
    """Nothing refused, no file."""
    if not stage.count("refusal"):
        return None
    if job.kind == "fhir":
        add_what_belongs(stage)
    write_refused(stage, job.kind, job.refused)
    return job.refused


def _giving(job: Job, installation: Installation) -> Callable[[Stage, Books, Progress], None]:
    """Test cards for the imported patients between patients and visits; or nothing. Checks the keys before anything is read."""
    if not job.mix:
        return lambda *_: None
    if job.strict:
        raise Refusal("strict", "--strict and --wallet-for-test do not go together: a saved card cannot be taken back.")
    keys = check_test_keys(keys_of(installation.db, job.biller, installation.secret))

    def give(stage: Stage, books: Books, progress: Progress) -> None:
        drawn = fates(job.mix, [patient.identity for batch in staged.patients(stage) for patient, _, _ in batch])
        books.tally.cards.update(asyncio.run(_cards(job, installation, keys, drawn, progress)))

    return give


async def _cards(
    job: Job, installation: Installation, keys: Keys, drawn: Mapping[Identity, Fate], progress: Progress
) -> Counter[str]:
    processors = Processors(installation.db, installation.secret)
    wallets = Wallets(installation.db, processors, installation.clock, installation.secret)
    try:
        return await give_wallets(Giving(job.biller, keys, job.source, wallets), drawn, progress)
    finally:
        await processors.close()
