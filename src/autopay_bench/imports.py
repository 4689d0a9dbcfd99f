"""A file of another system to visits, invoices and due charges: the whole of `autopay import`, from the file to its report."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import psycopg

from autopay.clock import Clock
from autopay.conf import conf
from autopay.database import Database, PooledDatabase
from autopay.interop.files import files_of
from autopay.interop.report import Ending, Report
from autopay.interop.run import Installation, Job, run
from autopay_bench import supply
from autopay_bench.charges import NOWHERE
from autopay_bench.export import SOURCE, Visit, visits, write_csv, write_fhir
from autopay_bench.figure import Bar, Figure
from autopay_bench.ground import Ground, now

EACH = 5
"""Visits of one patient."""
WITH_CARD = 0.8
"""Of the patients: known, and on auto-pay. The others come with the file."""
WHAT = {"csv": ("rows of CSV", "rows/s", 3_000), "fhir": ("FHIR resources", "resources/s", 2_000)}
"""And what must be reached."""
BOOKS = """
    select (select count(*) from visit), (select sum(minor)::bigint from visit),
           (select count(*) from invoice), (select count(distinct visit_id) from invoice), (select sum(total)::bigint from invoice),
           (select sum(minor)::bigint from ledger_transfer where kind = 'issued'), (select count(*) from payer),
           (select count(*) from charge where state = 'due'), (select count(*) from charge_part),
           (select count(*) from journal_entry where action = 'invoice issued'),
           (select count(*) from journal_entry where action = 'import finished')
"""


@dataclass(frozen=True, slots=True)
class Files:
    """What is imported. `records`: rows or resources; `patients`: whose visits they are."""

    kind: str
    paths: tuple[Path, ...]
    records: int
    patients: int
    visits: tuple[Visit, ...]


def imports(ground: Ground, rounds: int, rows: int = 40_000, resources: int = 40_000) -> list[Figure]:
    with TemporaryDirectory() as folder:
        written = csv_files(Path(folder), rows), fhir_files(Path(folder), resources)
        return [_figure(ground, rounds, files) for files in written]


def csv_files(folder: Path, rows: int) -> Files:
    patients, made = _visits(rows)
    write_csv(folder / "visits.csv", made)
    return Files("csv", (folder / "visits.csv",), rows, patients, made)


def fhir_files(folder: Path, resources: int) -> Files:
    """A patient is one resource, and each visit three."""
    patients, made = _visits(resources * EACH // (3 * EACH + 1))
    number = write_fhir(folder / "fhir", made, patients)
    return Files("fhir", tuple(files_of([folder / "fhir"], (".ndjson",))), number, patients, made)


def _visits(number: int) -> tuple[int, tuple[Visit, ...]]:
    patients = max(number // EACH, 1)
    return patients, tuple(visits(number, patients, _since()))


def _since() -> date:
    return now().date() - timedelta(days=EACH)


def fill(db: Database, *, patients: int) -> None:
    supply.patients(db, supply.agency(db, NOWHERE, conf().secret, now()), patients, now())


def an_import(ground: Ground, stock: str, files: Files) -> tuple[float, list[str]]:
    """Rows or resources a second, and what is wrong with the books."""
    with (
        ground.copy(stock) as settings,
        closing(PooledDatabase(settings.dsn("app"), size=2)) as db,
        TemporaryDirectory() as folder,
    ):
        with psycopg.connect(ground.rows) as server:
            (biller,) = server.execute("select id from biller").fetchone() or (0,)
        job = Job(files.kind, files.paths, biller, SOURCE, Path(folder) / "refused", since=_since())
        began = perf_counter()
        report = run(job, Installation(db, Clock(), settings.secret))
        return files.records / (perf_counter() - began), _wrong(ground, files, report)


def _figure(ground: Ground, rounds: int, files: Files) -> Figure:
    stock, known = f"import_{files.kind}_{files.records}", int(files.patients * WITH_CARD)
    ground.stock(stock, partial(fill, patients=known))
    references, rates, wrong = [], [], list[str]()
    for _ in range(rounds):
        references.append(ground.reference())
        rate, bad = an_import(ground, stock, files)
        rates.append(rate)
        wrong += bad
    what, unit, must = WHAT[files.kind]
    told = f"{files.records:,} {what} to {len(files.visits):,} visits, invoiced and planned"
    return Figure("import", told, unit, rates, Bar(must, 10_000), references, wrong)


def _wrong(ground: Ground, files: Files, report: Report) -> list[str]:
    number, total, known = len(files.visits), sum(each.minor for each in files.visits), int(files.patients * WITH_CARD)
    charged = sum(each.patient <= known for each in files.visits)
    right = {
        "visits": number,
        "their sum": total,
        "invoices": number,
        "visits with one": number,
        "sum of the invoices": total,
        "ledger": total,
        "payers": files.patients,
        "due charges": charged,
        "their parts": charged,
        "invoices in the journal": number,
        "imports in the journal": 1,
    }
    with psycopg.connect(ground.rows) as server:
        found = dict(zip(right, server.execute(BOOKS).fetchone() or (), strict=True))
    wrong = [f"{name}: {found[name]}, not {right[name]}" for name in right if found[name] != right[name]]
    if report.ending is not Ending.DONE or report.refused or report.invoices != number:
        wrong.append(f"the report says {report.ending}, {report.refused} refused, {report.invoices} invoices")
    return wrong
