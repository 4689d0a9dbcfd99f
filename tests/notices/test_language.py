"""A mail is in the language of whoever reads it, and the next one in theirs (A54, V40)."""

from __future__ import annotations

import re

from django.utils.translation import get_language, override

from autopay.notices.letter import Kind
from autopay.notices.render import rendered
from tests.fixtures.world import SAVES_THEN_DECLINES, World
from tests.notices.test_each_event_once import SITE, history, with_address, write_all
from tests.notices.test_words import every_letter

SUBJECTS = {
    "receipt": "Recibo R-",
    "failed": "no se hizo",
    "refunded": "le devolvió $20.00",
    "cancelled": "Se canceló el pago automático con",
    "consent": "Su copia de lo que aceptó con",
    "method added": "Se agregó una forma de pago para",
    "method removed": "Se quitó una forma de pago para",
}


def knows(world: World, language: str) -> None:
    with world.owner.transaction() as tx:
        tx.run("update payer set language = %(language)s", language=language)


def mails(world: World) -> dict[str, dict[str, str]]:
    return {row["kind"]: row for row in world.rows("select kind, language, subject, text, html from notice order by id")}


async def test_A54_V40_every_mail_of_a_payer_who_reads_spanish_is_in_spanish(world: World) -> None:
    await history(world)
    knows(world, "es")
    write_all(world)
    told = mails(world)
    assert set(told) == set(SUBJECTS)
    for kind, mail in told.items():
        assert mail["language"] == "es"
        assert SUBJECTS[kind] in mail["subject"]
        assert '<html lang="es">' in mail["html"]
        assert "Nunca pedimos por correo el número de una tarjeta o de una cuenta." in mail["text"]
        assert "m.." not in mail["text"]
    assert "Pagado. Cobramos" in told["receipt"]["text"]
    assert "Visa que termina en 4242" in told["receipt"]["text"]
    assert "No se cobró nada. No lo intentaremos otra vez sin usted." in told["failed"]["text"]
    assert get_language() == "en", "nothing stays behind for the next"


async def test_a_mail_follows_what_the_person_chose_before_what_the_office_knows(world: World) -> None:
    maria, omar = await with_address(world, "Maria"), await with_address(world, "Omar", SAVES_THEN_DECLINES)
    knows(world, "en")
    with world.owner.transaction() as tx:
        for payer, language in ((maria, "es"), (omar, "")):
            user = tx.value(
                """insert into app_user (email, language, password, is_superuser, is_staff, is_active, first_name, last_name, date_joined)
                   values (%(e)s, %(l)s, '', false, false, true, '', '', now()) returning id""",
                e=f"login{payer}@patients.test",
                l=language,
            )
            tx.run(
                "insert into membership (user_id, biller_id, role, payer_id) values (%(u)s, %(b)s, 'patient', %(p)s)",
                u=user,
                b=world.biller,
                p=payer,
            )
    world.visit(maria)
    world.visit(omar)
    await world.work()
    write_all(world)
    spoken = {row["to"]: row["language"] for row in world.rows('select "to", language from notice')}
    assert spoken == {"maria@patients.test": "es", "omar@patients.test": "en"}


def lines_in(language: str) -> set[str]:
    """Of every letter to a payer, in every one of its forms: subject and lines of text."""
    said: set[str] = set()
    with override(language):
        for drafted, known in every_letter():
            if drafted.kind != Kind.SAVING_PAUSED:
                said |= {drafted.letter.subject, *rendered(drafted.letter, known.house, SITE)[0].splitlines()}
    return {" ".join(line.split()) for line in said}


def test_no_letter_is_left_in_english() -> None:
    """Nothing of more than two words is the same in both languages, but for what the biller wrote and the text agreed to."""
    same = lines_in("en") & lines_in("es")
    left = sorted(each for each in same if len(re.findall(r"[A-Za-z]{2,}", each)) > 2)
    assert left == ["Monday to Friday, 8 AM to 5 PM", "The exact text."]
    assert not [each for each in lines_in("es") if "m.." in each]
