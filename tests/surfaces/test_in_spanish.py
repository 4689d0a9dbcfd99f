"""Whoever is billed reads Spanish from the first page to the receipt: no English is left, the guide's way works, nothing is squeezed."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import groupby

import pytest
from django.test import Client, override_settings
from playwright.sync_api import Browser, Page, expect

from autopay.agreements.models import Switch
from autopay.parties.models import Role, User
from autopay.surfaces.demo.catalogue import LINES, PAGES, Line
from tests.surfaces.house import House, text
from tests.surfaces.test_accounts import account, bill, enroll
from tests.surfaces.test_enroll import GOOD, SETTINGS, SLOW
from tests.surfaces.test_looks import VIEWS, log_in, look

DATA = re.compile(
    r"@|https?:|\.test\b|Catalogue Vendor|Office Ally|Sunrise Home Care|Monday to Friday|Alex Morgan|Orchard|Service Center|Data Sheet\b"
)
"""Names, addresses and what billers and payers wrote themselves: the same in every language."""
SEEN = (
    "aria-label",
    "placeholder",
    "title",
    "alt",
    "data-busy",
    "data-one",
    "data-many",
    "data-silent",
    "data-unsure",
    "data-empty",
    "data-asks",
)
AGREED = re.compile(r'<div[^>]*lang="en">.*?</div>', re.DOTALL)
"""What somebody agreed to in English is shown as they agreed to it, and marked as English."""
CLASSIC = ("/classic/classic/", "/classic/practice-mate/", "/classic/ehr/")


class Words(HTMLParser):
    """What a person reads or hears of a page: text nodes and the attributes that hold words."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style", "svg")
        self.said += [" ".join(value.split()) for name, value in attrs if name in SEEN and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style", "svg")

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.said.append(" ".join(data.split()))


def words_of(html: str) -> list[str]:
    reader = Words()
    reader.feed(AGREED.sub("", html))
    return reader.said


def left_in_english(english: str, spanish: str, names: frozenset[str] = frozenset()) -> list[str]:
    """Said the same in both, in more than two words, and no data."""
    same = set(words_of(english)) & set(words_of(spanish))
    return sorted(
        each for each in same if len(re.findall(r"[A-Za-z]{2,}", each)) > 2 and not DATA.search(each) and each not in names
    )


def payers() -> list[Line]:
    return [line for line in LINES if not PAGES[line.page].staff]


def names_of(database_rows: list[dict[str, str]]) -> frozenset[str]:
    """Also as a heading names whose list it is."""
    return frozenset(named for each in database_rows for named in (each["name"], f", {each['name']}"))


def asked(client: Client, line: Line, language: str) -> str:
    User.objects.update(language=language)
    client.cookies["language"] = language
    return client.get(f"/demo/states/{line.page}/{line.state}", follow=True).content.decode()


@pytest.mark.parametrize("part", range(4))
def test_no_state_of_any_page_is_left_in_english(catalogue: tuple[str, str], owner: object, part: int) -> None:
    with owner.transaction() as tx:  # type: ignore[attr-defined]  # the pool of conftest.py
        rows = tx.all(
            dict,
            """select name from payer union select name from product union select name from biller
                           union select note from request union select name from billing_contact""",
        )
    names, wrong = names_of(rows), []
    for line in payers()[part::4]:
        spanish = asked(Client(), line, "es")
        assert '<html lang="es"' in spanish
        wrong += [f"{line.page}/{line.state}: {each}" for each in left_in_english(asked(Client(), line, "en"), spanish, names)]
        wrong += [f"{line.page}/{line.state}: two points at the end of {each!r}" for each in words_of(spanish) if "m.." in each]
    assert wrong == []


def test_the_pages_before_a_log_in_are_not_left_in_english(agency: House) -> None:
    for address in (
        "/accounts/login/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/no/such",
        "/approval/none",
    ):
        english, spanish = Client(), Client()
        spanish.cookies["language"] = "es"
        assert left_in_english(english.get(address).content.decode(), spanish.get(address).content.decode()) == [], address


@pytest.fixture
def omar(agency: House) -> tuple[str, dict[str, str]]:
    """A patient who reads Spanish, with bills in several states; their addresses."""
    payer = agency.payer("Omar Haddad", Switch.ON)
    agency.run("update payer set language = 'es' where id = %(p)s", p=payer)
    agency.card(payer)
    made = {}
    for state, reason in (("paid", ""), ("failed", "declined"), ("unknown", ""), ("sending", "")):
        made[state] = agency.visit(payer)
        agency.came_to(made[state], state, reason)
    agency.login("omar@patients.test", Role.PATIENT, payer_id=payer)
    receipt = agency.uid("charge", agency.value("select id from charge where state = 'paid'"))
    pages = {state: f"/portal/invoices/{agency.uid('invoice', invoice)}/" for state, invoice in made.items()}
    return (
        "omar@patients.test",
        pages | {"billing": "/portal/billing/", "pay": pages["failed"] + "pay", "receipt": f"/portal/receipts/{receipt}/"},
    )


def test_V1_V2_V3_V5_V7_V9_V10_the_portal_is_in_spanish_with_the_twins_of_the_guide_s_words(
    agency: House, omar: tuple[str, dict[str, str]]
) -> None:
    who, pages = omar
    client, english = Client(), Client()
    client.force_login(User.objects.get(email=who))
    said = text(client.get(pages["billing"]).content)
    for words in (
        "Facturación",
        "Saldo pendiente",
        "Último pago $85.00",
        "Pago automático Activado Tarjeta que termina en 4242",
        "Pago automático activado Sus visitas se cobran automáticamente al completarse Forma de pago VISA Visa que termina en 4242",
        "Facturas pendientes",
        "Fallido El pago automático estaba activo. El banco no aceptó la Visa que termina en 4242. Pagar ahora",
        "Historial de pagos",
        "Pagado",
    ):
        assert words in said
    assert "Todavía no sabemos si este pago se hizo. No lo pague otra vez." in text(client.get(pages["unknown"]).content)
    assert "No se cobró nada. No lo intentaremos otra vez sin usted." in text(client.get(pages["failed"]).content)
    assert "Pagar ahora $85.00 a Sunrise Home Care." in text(client.get(pages["pay"]).content)
    assert re.search(
        r"Monto pagado \$85\.00 .*Fecha \d+ de \w+ de \d{4} a las? \d+:\d\d [ap]\. m\. Pagado con",
        text(client.get(pages["receipt"]).content),
    )
    spanish = {name: client.get(page).content.decode() for name, page in pages.items()}
    User.objects.update(language="en")
    english.force_login(User.objects.get(email=who))
    left = {
        name: left_in_english(english.get(page).content.decode(), spanish[name], frozenset({"Omar Haddad"}))
        for name, page in pages.items()
    }
    assert {name: each for name, each in left.items() if each} == {}


def test_V3_the_off_card_says_its_twins(agency: House) -> None:
    james = agency.payer("James Lee", Switch.OFF)
    agency.run("update payer set language = 'es' where id = %(p)s", p=james)
    said = text(agency.login("james@patients.test", Role.PATIENT, payer_id=james).get("/portal/billing/").content)
    assert "Pago automático No activado Se requiere pago manual" in said
    assert "Usted paga cada factura." in said


def test_A54_the_receipt_is_a_pdf_in_spanish(omar: tuple[str, dict[str, str]]) -> None:
    who, pages = omar
    client = Client()
    client.force_login(User.objects.get(email=who))
    page = client.get(pages["receipt"]).content.decode()
    address = re.search(r'href="([^"]+\.pdf)"', page)
    assert address
    paper = client.get(address[1]).content
    assert b"/Lang(es" in paper.replace(b" ", b"")


def in_spanish(page: Page, site: str) -> None:
    page.context.add_cookies([{"name": "language", "value": "es", "url": site}])


def type_card(page: Page) -> None:
    page.get_by_label("Nombre del titular de la cuenta").fill("Hannah Brooks")
    for label, value in (("Número de la tarjeta de crédito", GOOD), ("Vencimiento", "12/40"), ("CVV", "123")):
        page.frame_locator(f'iframe[title="{label}"]').get_by_label(label).fill(value)


def type_billing(page: Page) -> None:
    typed = {"email": "billing@greenvalley.test", "phone": "(415) 555-0118", "first_name": "Hannah", "last_name": "Brooks"}
    for name, value in (typed | {"street": "218 Orchard Road", "city": "Petaluma", "state": "CA", "zip": "94952"}).items():
        page.locator(f"#id_{name}").fill(value)


def be_human(page: Page) -> None:
    page.get_by_label("No soy un robot").click()
    expect(page.locator("input[name=human]")).to_have_value(re.compile(".+"), timeout=SLOW)


def send(page: Page) -> None:
    page.get_by_role("button", name="Enviar").click()


def test_A16_A10_A22_the_frames_and_the_errors_speak_spanish_and_the_switch_keeps_the_page(
    vendor: House, practice: int, page: Page, enrolling: str
) -> None:
    page.goto(enrolling + SETTINGS)
    page.get_by_role("button", name="Español").click()
    expect(page).to_have_url(enrolling + SETTINGS)
    expect(page.get_by_role("heading", level=1)).to_have_text("Configuración del pago automático")
    frame = page.frame_locator('iframe[title="Número de la tarjeta de crédito"]')
    expect(frame.locator("html")).to_have_attribute("lang", "es")
    frame.get_by_label("Número de la tarjeta de crédito").fill("4242424242424241")
    frame.get_by_label("Número de la tarjeta de crédito").blur()
    expect(page.locator("[data-frame=cardNumber] .error")).to_contain_text("El número de la tarjeta tiene un error.")
    page.locator("#id_zip").fill("9495")
    send(page)
    expect(page.locator("#form-errors .head")).to_have_text(
        re.compile(r"Hay \d+ cosas por corregir\. No se guardó ni se cobró nada\.")
    )
    expect(page.locator("#form-errors")).to_contain_text("Código postal: Un código postal tiene 5 dígitos. Falta uno.")
    page.get_by_role("switch", name="Inscripción en el pago automático").check()
    type_billing(page)
    type_card(page)
    be_human(page)
    send(page)
    expect(page.locator(".flash")).to_contain_text("Su configuración del pago automático se guardó correctamente.", timeout=SLOW)
    expect(page.locator("main")).to_contain_text("¡Felicidades! Su cuenta está inscrita en el pago automático.")
    assert vendor.value("select t.language from consent c join terms t on t.id = c.terms_id") == "es"


def test_A40_to_A48_the_guide_s_way_through_a_classic_screen_in_spanish_asks_for_the_word_it_accepts(
    vendor: House, practice: int, page: Page, enrolling: str
) -> None:
    User.objects.update(language="es")
    page.goto(enrolling + "/classic/ehr/pay-bill/")
    expect(page.locator(".box[data-tone=warn]:visible")).to_contain_text("Su cuenta no está inscrita en el pago automático.")
    page.get_by_role("link", name="Inscribirse en el pago automático").click()
    type_billing(page)
    type_card(page)
    be_human(page)
    send(page)
    expect(page.locator(".flash")).to_contain_text("Se agregó la forma de pago", timeout=SLOW)
    page.get_by_role("link", name="Editar/Cancelar el pago automático").click()
    for wrong, why in (
        ("", "La casilla está vacía. Escriba cancel para parar el pago automático."),
        ("Cancel", "Usted escribió “Cancel”. Escríbalo en minúsculas: cancel"),
        ("cancelar", "Usted escribió “cancelar”. Escriba la palabra cancel."),
    ):
        page.get_by_label("Escriba la palabra cancel en minúsculas").fill(wrong)
        page.get_by_role("button", name="Enviar").click()
        expect(page.locator("main")).to_contain_text(why)
        assert vendor.value("select switch from agreement") == "on"
    page.get_by_label("Escriba la palabra cancel en minúsculas").fill("cancel")
    page.get_by_role("button", name="Enviar").click()
    expect(page.locator(".flash")).to_contain_text(
        re.compile(r"El pago automático se canceló el .*[ap]\.\sm\.\sReferencia C-\d+\.")
    )


def test_the_switch_works_without_javascript(site: str, browser: Browser, agency: House) -> None:
    context = browser.new_context(viewport={"width": 375, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    page.goto(site + "/accounts/login/?next=/portal/billing/")
    page.get_by_role("button", name="Español").click()
    expect(page).to_have_url(site + "/accounts/login/?next=/portal/billing/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Iniciar sesión")
    context.close()


@pytest.mark.usefixtures("paying")
@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_spanish_pages_are_accessible_and_fit(
    enrolling: str, browser: Browser, vendor: House, omar: tuple[str, dict[str, str]], width: int, scheme: str
) -> None:
    (who, pages), site = omar, enrolling
    payer = account(vendor)
    vendor.card(payer)
    enroll(vendor, payer)
    bill(vendor)
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    mine = "/service-center/account-management/"
    accounts = [mine + each for each in ("", "pay-bill/", "autopay-settings/", "wallet/", "wallet/add", "history/", "products/")]
    accounts += [house + "pay-bill/" for house in CLASSIC] + ["/classic/ehr/pay-bill/enroll", "/classic/ehr/autopay-settings/"]
    wrong: list[str] = []
    for person, addresses in {"": ["/accounts/login/"], who: list(pages.values()), "owner@practice.test": accounts}.items():
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        tab = context.new_page()
        if person:
            log_in(tab, site, person)
            User.objects.filter(email=person).update(language="es")
        else:
            in_spanish(tab, site)
        for address in addresses:
            fresh = context.new_page()
            wrong += [each for each in look(fresh, site + address, width) if "asked http://127.0.0.1" not in each]  # the sandbox
            assert fresh.locator("html").get_attribute("lang") == "es"
            fresh.close()
        context.close()
    assert wrong == []


def one_state_of_each_page() -> list[Line]:
    return [next(iter(lines)) for _, lines in groupby(sorted(payers(), key=lambda line: line.page), key=lambda line: line.page)]


def test_spanish_words_fit_a_phone_on_every_page(catalogue: tuple[str, str], browser: Browser) -> None:
    """The longest words in the narrowest view."""
    site, _sandbox = catalogue
    context = browser.new_context(viewport={"width": 320, "height": 800})
    page = context.new_page()
    in_spanish(page, site)
    spilling = []
    with override_settings(DEMO=True):
        for line in one_state_of_each_page():
            page.goto(f"{site}/demo/states/{line.page}/{line.state}")
            spill = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            spilling += [f"{line.page}/{line.state}: {spill}"] if spill > 0 else []
    context.close()
    assert spilling == []
