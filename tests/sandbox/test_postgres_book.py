"""The book in PostgreSQL: what was answered is in it, a restart tells the same story, nobody changes it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psycopg
import pytest

from autopay.embedded_postgres import Embedded
from sandbox_processor.postgres_book import PostgresBook
from sandbox_processor.sandbox import Sandbox
from sandbox_processor.wire import Answer, Request

from .serving import process

HEADERS = {"authorization": "Bearer sk_test_tests"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    embedded = Embedded(Path(tmp_path_factory.mktemp("postgres")))
    embedded.start()
    with psycopg.connect(embedded.dsn(), autocommit=True) as connection:
        connection.execute("CREATE ROLE sandbox LOGIN PASSWORD 'sandbox'")
        connection.execute("CREATE DATABASE sandbox OWNER sandbox")
    yield embedded.dsn("sandbox")
    embedded.stop()


@pytest.fixture
def database(server: str) -> Iterator[str]:
    yield server
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS book")


def post(sandbox: Sandbox, path: str, body: str, **headers: str) -> Answer:
    return sandbox.handle(Request("POST", path, "", {**HEADERS, **headers}, body.encode()))


def pay(sandbox: Sandbox, key: str) -> Answer:
    body = "amount=500&currency=usd&payment_method=pm_card_visa&confirm=true&metadata[key]=" + key
    return post(sandbox, "/v1/payment_intents", body, **{"idempotency-key": key})


def test_a_restarted_sandbox_tells_the_same_story(database: str) -> None:
    book = PostgresBook(database)
    before = Sandbox(book)
    answers = [pay(before, f"k{n}") for n in range(5)]
    listed = before.handle(Request("GET", "/v1/payment_intents", "limit=100", HEADERS))
    book.close()
    book = PostgresBook(database)
    after = Sandbox(book)
    assert after.handle(Request("GET", "/v1/payment_intents", "limit=100", HEADERS)).body == listed.body
    replayed = pay(after, "k3")
    assert (replayed.body, replayed.headers["Idempotent-Replayed"]) == (answers[3].body, "true")
    assert after.state.moves == before.state.moves
    assert after.state.requests == before.state.requests
    assert after.state.due == before.state.due
    book.close()


def test_an_answer_is_in_the_book_before_it_is_given(database: str) -> None:
    book = PostgresBook(database)
    sandbox = Sandbox(book)
    with psycopg.connect(database) as witness:
        for n in range(1, 4):
            pay(sandbox, f"k{n}")
            assert witness.execute("SELECT count(*) FROM book").fetchone() == (n,)
            witness.rollback()
    book.close()


def test_many_entries_share_a_commit(database: str) -> None:
    book = PostgresBook(database)
    with psycopg.connect(database, autocommit=True) as blocker, ThreadPoolExecutor(1) as helper:
        blocker.execute("BEGIN")
        blocker.execute("LOCK TABLE book IN ACCESS EXCLUSIVE MODE")
        first = book.append([])
        rest = [book.append([]) for _ in range(50)]
        assert not any(future.done() for future in [first, *rest])
        helper.submit(blocker.execute, "COMMIT").result()
        rest[-1].result(timeout=10)
        transactions = blocker.execute("SELECT count(DISTINCT xmin::text), count(*) FROM book").fetchone()
    assert transactions is not None
    assert transactions[0] <= 3
    assert transactions[1] == 51
    book.close()


def test_the_book_is_only_appended_to(database: str) -> None:
    book = PostgresBook(database)
    pay(Sandbox(book), "k")
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in ("UPDATE book SET entry = '[]'", "DELETE FROM book"):
            with pytest.raises(psycopg.errors.RaiseException, match="never changed"):
                connection.execute(statement)
    book.close()


def test_two_sandboxes_never_share_a_book(database: str) -> None:
    book = PostgresBook(database)
    with pytest.raises(RuntimeError, match="another sandbox"):
        PostgresBook(database)
    book.close()


def test_reset_erases_the_book(database: str) -> None:
    book = PostgresBook(database)
    sandbox = Sandbox(book)
    pay(sandbox, "k")
    sandbox.reset()
    book.close()
    book = PostgresBook(database)
    assert book.replay() == []
    book.close()


def test_what_was_answered_survives_a_kill(database: str) -> None:
    """kill -9 while payments come in: after the restart every payment that was answered is there, and each only once."""
    answered = []
    with process("--database-url", database, "--port", "8462") as sandbox:
        assert sandbox.stdout is not None
        sandbox.stdout.readline()
        killer = threading.Timer(0.5, sandbox.kill)
        killer.start()
        with suppress(OSError, HTTPException):
            connection = HTTPConnection("127.0.0.1:8462")
            for n in range(100_000):
                form = f"amount=500&currency=usd&payment_method=pm_card_visa&confirm=true&metadata[n]={n}"
                connection.request("POST", "/v1/payment_intents", form, {"Authorization": "Bearer sk_test_tests"})
                answered.append(json.loads(connection.getresponse().read())["id"])
        connection.close()
        killer.join()
    book = PostgresBook(database)
    captured = [move.payment_intent for move in Sandbox(book).state.moves if move.kind == "capture"]
    book.close()
    assert len(answered) > 10
    assert captured[: len(answered)] == answered
    assert len(captured) <= len(answered) + 1
