"""`autopay import`: take in what other systems know: FHIR R4 files and CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import strftime
from typing import TYPE_CHECKING

import typer

from autopay.cli.started import Found, billers, fail, one_biller, start
from autopay.conf import conf

if TYPE_CHECKING:
    from autopay.interop.run import Job

app = typer.Typer(no_args_is_help=True, help="Take in patients, completed visits and payments from other systems' files.")

PATHS = typer.Argument(..., help="R4 Bundles (.json), ndjson, either with .gz; or folders of them.")
PATH = typer.Argument(None, help="A CSV file in UTF-8; commas, semicolons or tabs.")
BILLER = typer.Option(None, help="Name, short name or public id of the agency; not needed if there is one.")
INVOICE = typer.Option(False, "--invoice", help="Invoice the visits on or after --since, and let auto-pay charge them.")
SINCE = typer.Option(None, metavar="YYYY-MM-DD", help="With --invoice: visits before this day are taken in, and never invoiced.")
STRICT = typer.Option(False, "--strict", help="All or nothing: if anything is refused, nothing is taken in.")
SOURCE = typer.Option(None, help="Name of the system the files are from, for records that do not name it themselves.")
WALLETS = typer.Option(
    None,
    "--wallet-for-test",
    metavar="MIX",
    help="Give the patients sandbox cards and consents, such as good=90,declines=4,none=3,off=3. Test keys only.",
)
REFUSED = typer.Option(
    None, help="Where refused records are written, to be mended and imported. A new file in this folder without it."
)
JSON = typer.Option(False, "--json")


@app.command("fhir")
def import_fhir(
    paths: list[Path] = PATHS,
    biller: str = BILLER,
    invoice: bool = INVOICE,
    since: str = SINCE,
    strict: bool = STRICT,
    source: str = SOURCE,
    wallet_for_test: str = WALLETS,
    refused: Path = REFUSED,
    as_json: bool = JSON,
) -> None:
    """Patients, billing contacts (RelatedPerson) and completed visits (Encounter, finished) with the patient's share.

    The share is what an ExplanationOfBenefit says the patient owes, else an Invoice, else ChargeItems marked self-pay; never a Claim.
    Importing again changes nothing. A bad record stops no good one.
    """
    from autopay.interop.fhir.read import ENDINGS

    _import("fhir", paths, ENDINGS, _Asked(biller, _since(invoice, since), strict, source, wallet_for_test, refused, as_json))


@app.command("csv")
def import_csv(
    path: Path = PATH,
    template: bool = typer.Option(False, "--template", help="Print a file to start from, with an example of each row."),
    biller: str = BILLER,
    invoice: bool = INVOICE,
    since: str = SINCE,
    strict: bool = STRICT,
    source: str = SOURCE,
    wallet_for_test: str = WALLETS,
    refused: Path = REFUSED,
    as_json: bool = JSON,
) -> None:
    """Completed visits; payments made elsewhere, adjustments and voids of their bills. --template shows the columns.

    Importing again changes nothing. A bad row stops no good one.
    """
    if template:
        from autopay.interop.csv.template import template as text

        typer.echo(text(), nl=False)
        return
    if path is None:
        raise fail("Which file? `autopay import csv --template` prints one to start from.")
    _import("csv", [path], (".csv",), _Asked(biller, _since(invoice, since), strict, source, wallet_for_test, refused, as_json))


@dataclass(frozen=True, slots=True)
class _Asked:
    """The options both commands share."""

    biller: str | None
    since: date | None
    strict: bool
    source: str | None
    mix: str | None
    refused: Path | None
    as_json: bool


def _import(kind: str, paths: Sequence[Path], endings: Sequence[str], asked: _Asked) -> None:
    start()
    from autopay.cli.import_report import print_report, showing
    from autopay.database import PooledDatabase
    from autopay.interop.report import Ending
    from autopay.interop.run import Installation, run
    from autopay.refusal import Refusal
    from autopay.running import clock

    db = PooledDatabase(conf().dsn("app"), size=2)
    try:
        with showing(asked.as_json) as progress:
            report = run(_job(kind, paths, endings, asked), Installation(db, clock(), conf().secret), progress)
    except Refusal as refusal:
        raise fail(refusal.text) from None
    finally:
        db.close()
    print_report(report, asked.as_json)
    raise typer.Exit({Ending.DONE: 0, Ending.TAKEN_BACK: 1, Ending.STOPPED: 130}[report.ending])


def _job(kind: str, paths: Sequence[Path], endings: Sequence[str], asked: _Asked) -> Job:
    from autopay.interop.files import files_of
    from autopay.interop.run import Job
    from autopay.interop.wallets_for_test import read_mix

    return Job(
        kind=kind,
        files=tuple(files_of(paths, endings)),
        biller=_agency(asked.biller).id,
        source=asked.source or kind,
        refused=asked.refused
        or Path.cwd() / f"refused-{kind}-{strftime('%Y%m%d-%H%M%S')}.{'csv' if kind == 'csv' else 'ndjson'}",
        since=asked.since,
        strict=asked.strict,
        mix=read_mix(asked.mix) if asked.mix else {},
    )


def _since(invoice: bool, since: str | None) -> date | None:
    """The day from which visits are invoiced, or None."""
    if invoice and not since:
        raise fail("--invoice needs --since YYYY-MM-DD: visits before that day are taken in, and never invoiced.")
    if since and not invoice:
        raise fail("--since says which visits are invoiced: it goes with --invoice.")
    try:
        return date.fromisoformat(since) if since else None
    except ValueError:
        raise fail(f"--since {since} is not a day like 2026-11-01.") from None


def _agency(named: str | None) -> Found:
    """The one that is named, else the only one; vendors bill accounts, not visits."""
    if named:
        return one_biller(named)
    agencies = [found for found in billers() if found.kind == "agency"]
    if len(agencies) == 1:
        return agencies[0]
    names = ", ".join(each.name for each in agencies)
    raise fail(
        f"Which agency? Say --biller NAME: {names}" if agencies else "There is no agency yet. Create one: autopay biller create"
    )
