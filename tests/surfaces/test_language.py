"""The language is chosen per person: it sticks to them, leaks to nobody, and what they agree to is what they read."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils.translation import get_language

from autopay.agreements.in_force import in_force, language_of, terms_in_force
from autopay.agreements.publish_terms import drafted, publish_text
from autopay.agreements.terms import METHODS, PARTS, House, filled, missing
from autopay.agreements.terms_in_spanish import TEXTS as SPANISH
from autopay.parties.models import Role, User
from autopay.refusal import Refusal
from autopay.tenancy import WebDatabase
from tests.surfaces.house import House as Biller
from tests.surfaces.house import text
from tests.surfaces.human import answer_of, solved
from tests.surfaces.test_accounts import account, bill

BILLING, LOG_IN, SETTINGS = "/portal/billing/", "/accounts/login/", "/service-center/account-management/autopay-settings/"
ENGLISH, ESPANOL = 'lang="en"', 'lang="es"'
HOUSE = House("Office Ally", "(360) 555-0118", "billing@officeally.test")


def patient(agency: Biller, name: str, language: str = "") -> Client:
    payer = agency.payer(name)
    agency.run("update payer set language = %(language)s where id = %(id)s", language=language, id=payer)
    return agency.login(f"{name.partition(' ')[0].lower()}@patients.test", Role.PATIENT, payer_id=payer)


def choose(client: Client, language: str, page: str = BILLING) -> str:
    answer = client.post("/preferences/language", {"language": language, "next": page})
    assert answer.status_code == 302
    return answer["Location"]


def head(client: Client, page: str = BILLING, **headers: str) -> str:
    found = re.search(r'<html lang="\w+"', client.get(page, headers=headers or None).content.decode())
    assert found
    return found[0]


def test_the_choice_sticks_is_per_person_and_keeps_the_page(agency: Biller) -> None:
    maria, james = patient(agency, "Maria Alvarez"), patient(agency, "James Lee")
    assert choose(maria, "es", BILLING + "?patient=") == BILLING + "?patient="
    for _ in range(2):
        assert ESPANOL in head(maria)
        assert ENGLISH in head(james)
    elsewhere = Client()
    elsewhere.force_login(User.objects.get(email="maria@patients.test"))
    assert ESPANOL in head(elsewhere), "another browser of the same person"
    assert choose(maria, "en") == BILLING
    assert ENGLISH in head(maria)
    assert get_language() == "en", "nothing stays behind in this thread"


def test_a_choice_leads_to_this_site_only_and_to_a_language_there_is(agency: Biller) -> None:
    maria = patient(agency, "Maria Alvarez")
    assert choose(maria, "es", "https://elsewhere.test/") == "/"
    assert maria.post("/preferences/language", {"language": "fr"}).status_code == 400
    assert maria.get("/preferences/language").status_code == 405


def test_without_a_choice_the_office_s_word_counts_then_the_browser_s(agency: Biller) -> None:
    spanish, english, unknown = (patient(agency, name, known) for name, known in (("A A", "es"), ("B B", "en"), ("C C", "")))
    assert ESPANOL in head(spanish)
    assert ENGLISH in head(english, **{"Accept-Language": "es-MX,es;q=0.9"})
    assert ESPANOL in head(unknown, **{"Accept-Language": "es-MX,es;q=0.9"})
    assert ENGLISH in head(unknown, **{"Accept-Language": "fr"})


def test_without_a_log_in_a_cookie_keeps_the_choice(agency: Biller) -> None:
    visitor = Client()
    choose(visitor, "es", LOG_IN)
    answer = visitor.get(LOG_IN)
    assert ESPANOL in answer.content.decode()
    assert "Iniciar sesión" in text(answer.content)
    assert answer["Content-Language"] == "es"
    wrong = visitor.post(LOG_IN, {"login": "nobody@patients.test", "password": "not this one"})
    assert "El correo electrónico o la contraseña no son correctos." in text(wrong.content)
    assert "Este enlace ya no funciona" in text(visitor.get("/approval/nothing").content)
    assert ENGLISH in head(Client(), LOG_IN)


def test_the_biller_s_staff_reads_english_and_has_no_switch(agency: Biller, vendor: Biller) -> None:
    for house, page in ((agency, "/office/patients/"), (vendor, "/vendor/accounts/")):
        staff = house.login(f"staff@{house.short_name.lower()}.test", Role.OWNER)
        choose(staff, "es", page)
        answer = staff.get(page)
        assert ENGLISH in answer.content.decode()
        assert answer["Content-Language"] == "en"
        assert "/preferences/language" not in answer.content.decode()


@pytest.mark.parametrize("kind", METHODS)
@pytest.mark.parametrize(
    ("part", "pattern", "instead"),
    [
        ("payee", "Office Ally", "El proveedor"),
        ("method", r"(mi|esta|la) (tarjeta|cuenta de banco)", "mi dinero"),
        ("trigger", r"automáticamente|automático|facturación", "de algún modo"),
        ("amount", "precios|monto|saldo", "suma"),
        ("when", "cada mes", "de vez en cuando"),
        ("cancel", r"cancel\w*", "salir"),
        ("changes", "Los cambios", "Las novedades"),
        ("contact", r"\(360\) 555-0118|billing@officeally.test", "nosotros"),
    ],
    ids=[part.name for part in PARTS],
)
def test_E5_a_spanish_text_holds_every_part_and_one_without_misses_it(kind: str, part: str, pattern: str, instead: str) -> None:
    whole = filled(kind, SPANISH[kind], HOUSE, "es")
    assert missing(kind, whole, HOUSE, "es") == []
    poorer = re.sub(pattern, instead, whole, flags=re.IGNORECASE)
    assert part in [each.name for each in missing(kind, poorer, HOUSE, "es")]


def owner(vendor: Biller) -> Client:
    payer = account(vendor)
    bill(vendor)
    client = vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    choose(client, "es", SETTINGS)
    return client


def publish(vendor: Biller, words: str, language: str = "en", seen: int = 1) -> int:
    with WebDatabase().transaction(vendor.id) as tx:
        draft = drafted(tx, "account_card", words, language)
    return publish_text(WebDatabase(), vendor.id, draft, seen, vendor.by())


def shown_terms(client: Client) -> str:
    found = re.search(r'name="terms" value="([^"]*)"', client.get(SETTINGS).content.decode())
    assert found
    return found[1]


def test_C9_a_new_english_text_is_shown_in_english_and_said_so_until_its_translation_is_there(vendor: Biller) -> None:
    client, so_far = owner(vendor), "Este texto está vigente solo en inglés por ahora."
    page = text(client.get(SETTINGS).content)
    assert "Acepto que Office Ally cobre automáticamente a mi tarjeta cada mes" in page
    assert "Traducción de la versión 1 en inglés." in page
    assert so_far not in page
    assert shown_terms(client) == "account_bank es 1, account_card es 1"
    with WebDatabase().transaction(vendor.id) as tx:
        english = in_force(tx, "en")[1].text
    publish(vendor, english + " Thank you.")
    page = text(client.get(SETTINGS).content)
    assert so_far in page
    assert "Thank you." in page
    assert "Acepto que Office Ally cobre automáticamente a mi tarjeta" not in page
    assert shown_terms(client) == "account_bank es 1, account_card 2"
    with WebDatabase().transaction(vendor.id) as tx:
        old = next(each for each in in_force(tx, "es", ["account_bank"]))
    assert old.language == "es"
    publish(vendor, SPANISH["account_card"] + " Gracias.", "es")
    page = text(client.get(SETTINGS).content)
    assert "Gracias." in page
    assert "Traducción de la versión 2 en inglés." in page
    assert so_far not in page


def test_C9_a_translation_of_an_older_version_is_refused(vendor: Biller) -> None:
    with WebDatabase().transaction(vendor.id) as tx:
        draft = drafted(tx, "account_card", SPANISH["account_card"] + " Gracias.", "es")
        english = in_force(tx, "en")[1].text
    publish(vendor, english + " Thank you.")
    with pytest.raises(Refusal, match="published meanwhile"):
        publish_text(WebDatabase(), vendor.id, draft, 1, vendor.by())
    with pytest.raises(Refusal, match="does not say everything"):
        publish(vendor, "Acepto.", "es")
    with pytest.raises(Refusal, match="in force already"):
        publish(vendor, english + " Thank you.", seen=2)


def test_E4_C9_what_is_recorded_is_the_text_that_was_read_in_its_language(vendor: Biller) -> None:
    """A saved card, so that no frame is needed: the consent names the Spanish text, word for word."""
    client = owner(vendor)
    payer = vendor.value("select id from payer")
    card = vendor.card(payer, default=False)
    picked = {"kind": "saved", "saved": vendor.uid("method", card), "terms": shown_terms(client)}
    choose(client, "en", SETTINGS)
    answer = client.post(SETTINGS, answer_of("", solved(), **picked))
    assert answer.status_code == 302, text(answer.content)
    kept = vendor.rows(
        "select c.text, t.language, t.text as published from consent c join terms t on t.id = c.terms_id order by c.id"
    )
    assert kept[-1]["language"] == "es"
    assert kept[-1]["text"] == kept[-1]["published"]
    assert "Acepto que Office Ally cobre automáticamente a mi tarjeta cada mes" in kept[-1]["text"]
    assert "Usted aceptó la versión 1" not in text(client.get(SETTINGS).content), "the page is in English again"
    choose(client, "es", SETTINGS)
    assert "Usted aceptó la versión 1" in text(client.get(SETTINGS).content)


def test_C9_a_page_whose_spanish_text_is_over_enrolls_nobody(vendor: Biller) -> None:
    client = owner(vendor)
    card = vendor.card(vendor.value("select id from payer"), default=False)
    picked = {"kind": "saved", "saved": vendor.uid("method", card), "terms": shown_terms(client)}
    with WebDatabase().transaction(vendor.id) as tx:
        publish_me = in_force(tx, "en")[1].text + " Thank you."
    publish(vendor, publish_me)
    answer = client.post(SETTINGS, answer_of("", solved(), **picked))
    assert "Algo cambió desde que abrió esta página. No se cobró nada. Mire otra vez." in text(answer.content)
    assert vendor.value("select switch from agreement") == "off"


def test_the_names_of_texts_say_their_language(vendor: Biller) -> None:
    with WebDatabase().transaction(vendor.id) as tx:
        assert terms_in_force(tx) == "account_bank 1, account_card 1"
        assert terms_in_force(tx, "es") == "account_bank es 1, account_card es 1"
    assert [language_of(each) for each in ("account_card 1", "account_bank 1, account_card es 2", "")] == ["en", "es", "en"]


def test_A64_the_console_publishes_a_translation_of_the_version_it_shows(vendor: Biller) -> None:
    staff, page = vendor.login("owner@oa.test", Role.OWNER), "/vendor/settings/terms/account_card/es/new"
    with WebDatabase().transaction(vendor.id) as tx:
        english = in_force(tx, "en")[1].text
    publish(vendor, english + " Thank you.")
    assert "The version in force is not in Spanish yet." in text(staff.get("/vendor/settings/terms/").content)
    assert "version 2 in Spanish" in text(staff.get(page).content)
    sent = {"text": SPANISH["account_card"] + " Gracias.", "then": "publish", "seen": "1"}
    staff.post(page, sent | {"english": "1"})
    assert vendor.value("select count(*) from terms where language = 'es' and kind = 'account_card'") == 1, (
        "of a version that is over"
    )
    assert staff.post(page, sent | {"english": "2"}).status_code == 302
    said = text(staff.get("/vendor/settings/terms/").content)
    assert "Version 2 in Spanish is in force, as the translation of version 2." in said
    assert "The version in force is not in Spanish yet." not in said
    assert "Gracias." in text(staff.get("/vendor/settings/terms/account_card/es/2").content)
    assert [staff.get(f"/vendor/settings/terms/account_card/{odd}").status_code for odd in ("fr/new", "es/9")] == [404, 404]
