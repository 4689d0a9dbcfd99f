"""The `autopay` command."""

import typer

app = typer.Typer(no_args_is_help=True, help="Self-hosted autopay for healthcare billing.")
