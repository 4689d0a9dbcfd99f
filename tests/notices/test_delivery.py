"""Mails go out at least once under one name, are tried again with pauses, and never touch money (rule M9)."""

from __future__ import annotations

import email
from collections.abc import Iterator
from datetime import timedelta
from email.policy import default
from pathlib import Path
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail
from django.test import override_settings

from autopay.notices.deliver import GIVE_UP, PAUSES, Mail, deliver, send_by_django
from tests.fixtures.world import Crash, Crasher, World
from tests.notices.test_each_event_once import EXPECTED, history, with_address, write_all


@pytest.fixture(autouse=True)
def _empty_outbox() -> Iterator[None]:
    mail.outbox.clear()
    yield
    mail.outbox.clear()


async def one_receipt(world: World) -> None:
    world.visit(await with_address(world, "Maria"))
    await world.work()
    write_all(world)
    with world.owner.transaction() as tx:
        tx.run("delete from notice where kind <> 'receipt'")


def states(world: World) -> list[str]:
    return [row["state"] for row in world.rows("select state from notice order by id")]


def refuse(code: int) -> object:
    def send(letter: Mail) -> None:
        raise SMTPRecipientsRefused({letter.to: (code, b"no")})

    return send


async def test_A54_a_mail_has_text_and_html_the_billers_name_and_a_name_of_its_own(world: World) -> None:
    await one_receipt(world)
    assert deliver(world.engine.db, world.clock, send_by_django) == 1
    (sent,) = mail.outbox
    assert sent.to == ["maria@patients.test"]
    assert sent.from_email.startswith("Sunrise Home Care <")
    assert sent.subject.startswith("Receipt R-")
    assert [kind for _, kind in sent.alternatives] == ["text/html"]
    uid = world.value("select uid from notice")
    assert sent.extra_headers["Message-ID"] == f"<{uid}@localhost>"
    assert f"/receipts/{world.value('select uid from charge')}" in sent.body
    assert deliver(world.engine.db, world.clock, send_by_django) == 0
    assert states(world) == ["sent"]


async def test_M9_a_worker_killed_at_any_step_of_sending_loses_no_mail_and_repeats_it_under_the_same_name(world: World) -> None:
    await history(world)
    write_all(world)
    for at in range(1, 12):
        world.moved += timedelta(hours=5)
        engine = world.restart(Crasher(at=at))
        try:
            deliver(engine.db, world.clock, send_by_django, limit=2)
        except Crash:
            continue
    engine = world.restart(lambda _what: None)
    for _ in range(9):
        world.moved += timedelta(hours=1)
        deliver(engine.db, world.clock, send_by_django)
    names = {each.extra_headers["Message-ID"] for each in mail.outbox}
    assert len(names) == sum(EXPECTED.values())
    assert len(mail.outbox) > len(names)  # somebody died between sending and writing it down
    assert set(states(world)) == {"sent"}


async def test_a_server_that_is_away_is_tried_again_after_longer_and_longer_pauses(world: World) -> None:
    await one_receipt(world)

    def away(_mail: Mail) -> None:
        raise SMTPServerDisconnected

    for pause in PAUSES:
        assert deliver(world.engine.db, world.clock, away) == 1
        assert deliver(world.engine.db, world.clock, away) == 0
        world.moved += pause - timedelta(seconds=30)
        assert deliver(world.engine.db, world.clock, away) == 0
        world.moved += timedelta(seconds=31)
    assert world.rows("select state, tries, error from notice") == [
        {"state": "queued", "tries": len(PAUSES), "error": "SMTPServerDisconnected"}
    ]
    assert deliver(world.engine.db, world.clock, send_by_django) == 1
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(("code", "state"), [(550, "failed"), (450, "queued")])
async def test_an_address_that_does_not_exist_is_not_tried_again_and_a_full_one_is(world: World, code: int, state: str) -> None:
    await one_receipt(world)
    deliver(world.engine.db, world.clock, refuse(code))  # type: ignore[arg-type]
    assert states(world) == [state]


async def test_news_that_could_not_be_sent_for_days_is_not_sent_as_if_it_were_new(world: World) -> None:
    await one_receipt(world)
    with world.owner.transaction() as tx:
        tx.run("update notice set made_at = made_at - %(older)s::interval", older=GIVE_UP + timedelta(minutes=1))
    assert deliver(world.engine.db, world.clock, send_by_django) == 0
    assert states(world) == ["failed"]


async def test_M9_a_mail_that_cannot_be_sent_touches_no_money(world: World) -> None:
    await one_receipt(world)
    before = [world.rows(f"select * from {table} order by id") for table in ("charge", "invoice", "ledger_transfer")]
    deliver(world.engine.db, world.clock, refuse(550))  # type: ignore[arg-type]
    assert [world.rows(f"select * from {table} order by id") for table in ("charge", "invoice", "ledger_transfer")] == before


async def test_the_demo_keeps_one_file_for_each_mail_however_often_it_is_sent(world: World, tmp_path: Path) -> None:
    await one_receipt(world)
    with override_settings(EMAIL_BACKEND="autopay.notices.folder.Folder", MAIL_FOLDER=tmp_path / "mail"):
        for _ in range(2):
            deliver(world.engine.db, world.clock, send_by_django)
            with world.owner.transaction() as tx:
                tx.run("update notice set state = 'queued', try_at = now() - interval '1 day'")
    (file,) = (tmp_path / "mail").iterdir()
    message = email.message_from_bytes(file.read_bytes(), policy=default)
    assert message["To"] == "maria@patients.test"
    text, html = message.get_body(["plain"]), message.get_body(["html"])
    assert text is not None
    assert "Paid. We charged $85.00 to Visa ending in 4242" in text.get_content()
    assert html is not None
    assert "Paid. We charged $85.00 to Visa ending in 4242" in html.get_content()
