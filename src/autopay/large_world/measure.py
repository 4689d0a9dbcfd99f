"""Open pages as a person would, and look at what the database was asked: how many statements, how planned, how long it took.

Through Django's test client, in this process: every layer of ours is in the figure (middleware, view, template, database), the network and
the web server are not. The statements are those of the app role on Django's own connection, with row-level security on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from statistics import quantiles
from time import perf_counter, process_time
from typing import Any

import psutil
from django.db import connection
from django.test import Client

from autopay.large_world.pages import Page
from autopay.parties.models import User
from autopay.tenancy import tenant_transaction

MOST_STATEMENTS = 12
WATCHED = frozenset(
    [
        "payer",
        "visit",
        "invoice",
        "invoice_line",
        "charge",
        "charge_part",
        "method",
        "agreement",
        "agreement_version",
        "consent",
        "ledger_transfer",
        "journal_entry",
    ]
)
SMALL = 5000
"""A table with fewer rows may be read from end to end: no index is faster."""


@dataclass(frozen=True, slots=True)
class Statement:
    sql: str
    params: Any
    seconds: float


@dataclass(frozen=True, slots=True)
class Opened:
    """One page, opened once. `missing`: what the database says must be on it, and is not."""

    status: int
    seconds: float
    statements: list[Statement]
    missing: list[str]
    size: int


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds over `n` openings; `cpu` what one takes of a core, here and in the database's process, on average: on a machine that has
    nothing else to do, a page takes about as long. `scans` are large tables read from end to end."""

    page: str
    queries: int
    p50: float
    p95: float
    max: float
    cpu: float
    n: int
    bytes: int
    scans: list[str]
    missing: list[str]


def visit(client: Client, page: Page) -> Opened:
    statements: list[Statement] = []
    with connection.execute_wrapper(_remember(statements)):
        began = perf_counter()
        answer = client.get(page.address, SERVER_NAME="localhost")
        seconds = perf_counter() - began
    text = " ".join(unescape(answer.content.decode()).split())
    missing = [each for each in page.says if each not in text]
    return Opened(answer.status_code, seconds, statements, missing, len(answer.content))


def measure(page: Page, times: int, biller: int) -> Measured:
    """Opened once to warm up, then `times`. A page that is not answered, or not what the database says, is named in `missing`."""
    return measure_together([(page, biller)], times)[0]


def measure_together(pages: Sequence[tuple[Page, int]], times: int) -> list[Measured]:
    """Several, each with its biller, in turn: what else the machine does in the meantime meets all of them."""
    clients = {page.who: entered(page.who) for page, _ in pages}
    first = [visit(clients[page.who], page) for page, _ in pages]
    opened: list[list[tuple[Opened, float]]] = [[] for _ in pages]
    for _ in range(times):
        for seen, (page, _) in zip(opened, pages, strict=True):
            working = _cpu()
            seen.append((visit(clients[page.who], page), _cpu() - working))
    return [_summed(page, biller, *seen) for (page, biller), seen in zip(pages, zip(first, opened, strict=True), strict=True)]


def _summed(page: Page, biller: int, first: Opened, opened: list[tuple[Opened, float]]) -> Measured:
    took = sorted(each.seconds * 1000 for each, _ in opened)
    p95 = quantiles(took, n=20, method="inclusive")[-1] if len(took) > 1 else took[0]
    cpu = sum(spent for _, spent in opened) * 1000 / len(opened)
    wrong = [*first.missing, *([f"status {first.status}"] if first.status != 200 else [])]
    scans = [scan for each in first.statements for scan in scans_of(each, biller)]
    queries = max(len(each.statements) for each, _ in opened)
    return Measured(page.name, queries, took[len(took) // 2], p95, took[-1], cpu, len(took), first.size, scans, wrong)


def entered(who: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(email=who))
    return client


def scans_of(statement: Statement, biller: int) -> list[str]:
    """The large tables this statement reads from end to end, as the planner would do it now with the same parameters."""
    return [
        f"{node['Relation Name']}: {' '.join(statement.sql.split())[:200]}" for node in plan(statement, biller) if _scanned(node)
    ]


def plan(statement: Statement, biller: int, analyze: bool = False) -> list[dict[str, Any]]:
    """All nodes of its plan; none for a statement that has none (savepoints and the like)."""
    if not statement.sql.lstrip().lower().startswith(("select", "with")):
        return []
    with tenant_transaction(biller), connection.cursor() as cursor:
        cursor.execute(f"explain (format json{', analyze, buffers' if analyze else ''}) {statement.sql}", statement.params)
        found = cursor.fetchone()[0]
    return list(_nodes((json.loads(found) if isinstance(found, str) else found)[0]["Plan"]))


def _cpu() -> float:
    """Seconds of a core used so far by this process and, if it runs on this machine, by the database's for our connection."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid(), inet_server_addr() is null")
        pid, local = cursor.fetchone()
    spent = process_time()
    if local and psutil.pid_exists(pid):
        times = psutil.Process(pid).cpu_times()
        spent += times.user + times.system
    return spent


def _scanned(node: dict[str, Any]) -> bool:
    return node["Node Type"] == "Seq Scan" and node["Relation Name"] in WATCHED and _rows(node["Relation Name"]) > SMALL


def _rows(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("select reltuples::bigint from pg_class where oid = %s::regclass", [table])
        return int(cursor.fetchone()[0])


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)


def _remember(statements: list[Statement]) -> Callable[..., Any]:
    def wrapped(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        began = perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            statements.append(Statement(sql, params, perf_counter() - began))

    return wrapped
