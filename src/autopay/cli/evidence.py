"""`autopay evidence`: the proof of one account's autopay as a file, and whether such a file holds (A57)."""

from __future__ import annotations

from pathlib import Path

import typer

from autopay.cli.started import fail, one_biller, start

app = typer.Typer(no_args_is_help=True, help="The proof of an account's autopay: make it, check it.")

ACCOUNT = typer.Argument(..., help="Public id, number or name of the account.")
OUT = typer.Option(Path(), help="The folder to write to.")
FILES = typer.Argument(..., help="One file, JSON or PDF; or two of the same biller, whose journals must then be the same.")


@app.command()
def export(
    account: str = ACCOUNT,
    biller: str = typer.Option(None, help="Name, short name or public id; not needed if there is one."),
    out: Path = OUT,
) -> None:
    """Write what was agreed, what was charged and the sealed journal of both, as JSON and as a PDF that carries it."""
    start()
    from autopay.evidence.as_json import document, written
    from autopay.evidence.as_pdf import paper_of
    from autopay.evidence.gather import account_named, gather
    from autopay.refusal import Refusal
    from autopay.running import clock
    from autopay.tenancy import WebDatabase

    found = one_biller(biller)
    try:
        payer = account_named(WebDatabase(), found.id, account)
    except Refusal as refusal:
        raise fail(refusal.text) from None
    made = document(gather(WebDatabase(), found.id, payer), clock().now())
    out.mkdir(parents=True, exist_ok=True)
    for ending, content in (("json", written(made).encode()), ("pdf", paper_of(made))):
        path = out / f"autopay-{made['account']['uid']}.{ending}"
        path.write_bytes(content)
        typer.echo(path)
    typer.echo(f"sha256 {made['sha256']}")


@app.command()
def verify(files: list[Path] = FILES) -> None:
    """Check every text's hash, every link of the journal, every sum, and that nothing was sent while autopay was off.

    Needs no database and no network. Names the first thing that does not hold; exit status 1 then.
    """
    from autopay.evidence.verify.__main__ import main, summary

    found = main([str(path) for path in files])
    if found:
        raise fail(f"It does not hold. {found}.")
    for path in files:
        typer.echo(summary(path))
