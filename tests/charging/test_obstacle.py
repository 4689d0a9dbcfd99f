"""Lists ask in SQL what the engine decides in Python. Both are asked about every combination of facts; a rule that moves moves both."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from autopay.charging import on_invoice
from autopay.charging.charge import ChargeNow, Why
from autopay.charging.obstacle import AGREED, CONSENTED, JOINS, OBSTACLE, STANDS, UNABLE, obstacle, switched_on
from autopay.charging.on_invoice import Facts
from autopay.database import PooledDatabase
from autopay.tenancy import WebDatabase
from tests.surfaces.house import House

YES_OR_NO = (False, True)
COMBINATIONS = [
    (switch, *rest) for switch, *rest in product(("follow", "on", "off"), YES_OR_NO, YES_OR_NO, (None, 7), YES_OR_NO, YES_OR_NO)
]
ASKED = f"""
    select {switched_on("f.switch", "f.company_on")} as is_on, {obstacle("f.method", "f.verified", "f.consented", "f.connected")} as why
    from (select %(switch)s::text as switch, %(company_on)s::bool as company_on, %(connected)s::bool as connected,
                 %(method)s::bigint as method, %(verified)s::bool as verified, %(consented)s::bool as consented) f
"""


def facts(switch: str, company_on: bool, connected: bool, method: int | None, verified: bool, consented: bool) -> Facts:
    """Of an invoice issued this moment, small enough to need no notice: what a list is about."""
    return Facts(
        invoice=0, biller=1, payer=1, debt="", currency="USD", zone="UTC", open=1, blocked=False, connected=connected, switch=switch,
        company_on=company_on, version=1, covered=True, cap_minor=None, approved_minor=None, method=method, verified=verified,
        consented=consented, needs_notice=False, range_minor=None, noticed_on=None,
    )  # fmt: skip


def test_V21_V25_the_obstacle_in_sql_is_the_engines_for_every_combination_of_facts(app_db: WebDatabase) -> None:
    assert len(COMBINATIONS) == 96
    wrong = []
    for each in COMBINATIONS:
        names = ("switch", "company_on", "connected", "method", "verified", "consented")
        with app_db.transaction(1) as tx:
            said = tx.record(ASKED, **dict(zip(names, each, strict=True))) or {}
        decision = on_invoice.decide(facts(*each), date.min)
        off = not isinstance(decision, ChargeNow) and decision.why in (Why.OWN_OFF, Why.COMPANY_OFF)
        why = None if off or isinstance(decision, ChargeNow) else decision.why
        if said["is_on"] is off or (said["is_on"] and said["why"] != why):
            wrong.append((each, said, decision))
    assert wrong == []


@pytest.mark.parametrize(("connected", "quarantined"), [(False, False), (True, False), (True, True)])
def test_V21_lists_and_the_engine_agree_about_rows_that_are_really_there(
    owner: PooledDatabase, connected: bool, quarantined: bool
) -> None:
    """Every filter finds exactly those whom the engine's own rule puts there; the set-wise form of consent says the same as the other."""
    from autopay.surfaces.shared.standing import standings

    agency = House(owner, "agency", "Sunrise Home Care", "Sunrise", connected=connected)
    made = _everybody(agency)
    if quarantined:
        agency.run("update installation set quarantined_at = now(), why = 'asked'")
    for company_on in YES_OR_NO:
        agency.run('update company_switch set "on" = %(on)s', on=company_on)
        with WebDatabase().transaction(agency.id) as tx:
            known = standings(tx, made)
            for name, fits in {
                "on": lambda s: s.on,
                "stuck": lambda s: s.on and not s.able,
                "off": lambda s: not s.on,
                "follow": lambda s: s.switch == "follow",
            }.items():
                found = tx.column(f"select p.id from payer p {JOINS} where {STANDS[name]}")
                assert sorted(found) == sorted(payer for payer in made if fits(known[payer])), name
            sieved = tx.column(f"select p.id from payer p {JOINS} where {STANDS['stuck']} {UNABLE}")
            assert sorted(sieved) == sorted(payer for payer in made if known[payer].on and not known[payer].able)
            for row in tx.all(dict, f"select p.id, {OBSTACLE} as why, {CONSENTED} as one, {AGREED} as many from payer p {JOINS}"):
                assert row["one"] == row["many"] == known[row["id"]].consented
                assert row["why"] == known[row["id"]].obstacle or not known[row["id"]].on
            assert quarantined is (Why.QUARANTINE in {each.obstacle for each in known.values()})


@pytest.fixture
def owner(database: object) -> PooledDatabase:
    from tests.surfaces.house import owner_of

    return owner_of(database)  # type: ignore[arg-type]


def _everybody(agency: House) -> list[int]:
    from autopay.agreements.models import Switch

    made = []
    for switch, has_method, verified, consent in product(Switch, YES_OR_NO, YES_OR_NO, ("held", "ended")):
        payer = agency.payer(f"{switch} {has_method} {verified} {consent}", switch)
        made.append(payer)
        if not has_method:
            continue
        method = agency.card(payer)
        agency.run("update method set verified = %(v)s where id = %(m)s", v=verified, m=method)
        if consent != "held":
            agency.run(
                """insert into consent_end (biller_id, consent_id, at, by, why)
                   select biller_id, id, now(), 'test', 'revoked' from consent where method_id = %(m)s""",
                m=method,
            )
    return made
