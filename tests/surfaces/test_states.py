"""Every page in every state, from the demo's own catalogue: accessible by axe, nothing sideways, nothing refused, saying what it must."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import groupby

import pytest
from django.test import Client, override_settings
from playwright.sync_api import Browser, expect

from autopay.charging.look_up import lapse, take
from autopay.charging.night import work_nights
from autopay.charging.send import Engine, claim
from autopay.cli.doctor import QUEUE
from autopay.clock import Clock
from autopay.conf import Settings
from autopay.database import PooledDatabase
from autopay.demo_states.accounts import ACCOUNTS
from autopay.surfaces.demo.catalogue import LINES, PAGES, Line
from tests.surfaces.catalogue import Watch, squeezed

EVERY_VIEW = ((375, "light"), (375, "dark"), (1280, "light"), (1280, "dark"))
PARTS = 4
"""Into which all states are cut for a proof, so that no test takes minutes."""
FROZEN = """
    select 'charge' as what, id, state || run_at || coalesce(look_at::text, '') as stands from charge where biller_id = any(%(b)s::bigint[])
    union all select 'invoice', id, captured || why || refunded from invoice where biller_id = any(%(b)s::bigint[])
    union all select 'method', id, state from method where biller_id = any(%(b)s::bigint[])
    union all select 'night', id, counts::text from night where biller_id = any(%(b)s::bigint[]) order by 1, 2
"""
Where = tuple[str, str]


def one_of_each_page() -> list[Line]:
    """Its first."""
    return [next(iter(lines)) for _, lines in groupby(sorted(LINES, key=lambda line: line.page), key=lambda line: line.page)]


def sample() -> dict[tuple[int, str], list[Line]]:
    """Of each page one state, in one view: pages take turns over the views."""
    return {view: one_of_each_page()[nth :: len(EVERY_VIEW)] for nth, view in enumerate(EVERY_VIEW)}


def wrong_in(browser: Browser, where: Where, view: tuple[int, str], lines: list[Line]) -> list[str]:
    width, scheme = view
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    watch = Watch(context.new_page(), *where)
    wrong = [f"{each} at {width} {scheme}" for line in lines for each in watch.wrong(line)]
    context.close()
    return wrong


def test_every_state_of_every_page_says_what_it_is_known_by(catalogue: Where) -> None:
    wrong = []
    for line in LINES:
        answer = Client().get(f"/demo/states/{line.page}/{line.state}", follow=True)
        body = answer.content.decode()
        said = {squeezed(unescape(re.sub("<[^>]+>", gap, body))) for gap in (" ", "")}
        if answer.status_code != (422 if line.posted else 200) or not any(squeezed(line.words) in each for each in said):
            wrong.append(f"{line.page}/{line.state}: {answer.status_code}, not {line.words!r}")
    assert wrong == []


def test_the_catalogue_lists_every_state_by_its_address_and_only_in_the_demo(catalogue: Where) -> None:
    listed = Client().get("/demo/states/").content.decode()
    assert all(f'href="/demo/states/{line.page}/{line.state}"' in listed for line in LINES)
    assert {line.page for line in LINES} == set(PAGES)
    assert {each.slug for each in ACCOUNTS} - {line.of for line in LINES} <= RUN_OVER
    with override_settings(DEMO=False):
        for address in ("/demo/states/", "/demo/states/pay-bill/enrolled"):
            assert Client().get(address).status_code == 404


RUN_OVER = {each.slug for each in ACCOUNTS if each.house == "runs"}
"""They stand together on the pages of a run."""


def test_no_page_has_the_title_of_another(catalogue: Where) -> None:
    titles: dict[str, str] = {}
    for line in one_of_each_page():
        body = Client().get(f"/demo/states/{line.page}/{line.state}", follow=True).content.decode()
        found = re.search("<title>(.*?)</title>", body, re.S)
        assert found
        title, address = squeezed(found.group(1)), PAGES[line.page].address.partition("?")[0]
        assert titles.setdefault(title, address) == address, f"{address} is called {title!r} like {titles[title]}"


def test_no_worker_touches_the_catalogue_and_doctor_finds_nothing_late(catalogue: Where, database: Settings) -> None:
    owner, db = PooledDatabase(database.dsn("owner"), size=1), PooledDatabase(database.dsn("engine"), size=2)
    tomorrow = Clock(ahead=lambda: timedelta(days=1), machine=lambda: datetime.now(UTC) + timedelta(days=1))
    with owner.transaction() as tx:
        frozen = tx.column("select distinct biller_id from night where \"on\" = '2999-01-01'")
        before = tx.all(dict, FROZEN, b=frozen)
    engine = Engine(db, {}, tomorrow, b"secret")
    work_nights(engine)
    claim(engine, 100)
    lapse(engine, 100)
    take(engine, 100)
    with owner.transaction() as tx:
        assert tx.all(dict, FROZEN, b=frozen) == before
        late = {"late": tomorrow.now() - timedelta(minutes=5), "machine_late": tomorrow.machine() - timedelta(minutes=5)}
        stuck = {each.check: tx.value(each.sql, **late) for each in QUEUE if each.check != "worker"}
    owner.close()
    db.close()
    assert stuck == dict.fromkeys(stuck, 0)


def test_each_page_of_the_catalogue_is_accessible_fits_and_says_what_it_must(catalogue: Where, browser: Browser) -> None:
    assert [each for view, lines in sample().items() for each in wrong_in(browser, catalogue, view, lines)] == []


@pytest.mark.prove
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("view", EVERY_VIEW)
def test_every_state_of_every_page_is_accessible_fits_and_says_what_it_must(
    catalogue: Where, browser: Browser, view: tuple[int, str], part: int
) -> None:
    assert wrong_in(browser, catalogue, view, list(LINES)[part::PARTS]) == []


def test_W3_nothing_moves_for_who_wants_no_motion_and_the_wait_is_shown_to_others(catalogue: Where, browser: Browser) -> None:
    moving = {}
    for wish in ("reduce", "no-preference"):
        context = browser.new_context(reduced_motion=wish)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{catalogue[0]}/demo/states/bill/charge-processing")
        page.locator("#payment .tile").wait_for()
        moving[wish] = page.evaluate("document.getAnimations().filter((each) => each.playState === 'running').length")
        context.close()
    assert moving["reduce"] == 0
    assert moving["no-preference"] > 0


BORDERLESS = """
() => [...document.querySelectorAll("main :is(.box, .btn:not(.bare, .link), .badge, .in, .panel)")].filter((each) => {
  const style = getComputedStyle(each);
  return each.getBoundingClientRect().width && (style.borderTopStyle === "none" || parseFloat(style.borderTopWidth) < 1);
}).map((each) => each.outerHTML.slice(0, 80))
"""
FILL = "(each) => getComputedStyle(each).backgroundColor"


@pytest.mark.parametrize(
    ("page_name", "state"), [("pay-bill", "enrolled"), ("settings", "not-enrolled-saved"), ("classic-pay-bill", "needs-ok")]
)
def test_W3_with_forced_colours_borders_and_states_are_still_seen(
    catalogue: Where, browser: Browser, page_name: str, state: str
) -> None:
    context = browser.new_context(forced_colors="active", reduced_motion="reduce")  # a colour on its way is no colour yet
    page = context.new_page()
    page.goto(f"{catalogue[0]}/demo/states/{page_name}/{state}")
    assert page.evaluate(BORDERLESS) == []
    nav = page.locator("nav.side a, nav.menu-bar a")
    current, other = page.locator("nav a[aria-current]").first, nav.locator("xpath=self::*[not(@aria-current)]").first
    assert current.evaluate(FILL) != other.evaluate(FILL)
    if page_name == "settings":
        switch = page.get_by_role("switch", name="Autopay Enrollment")
        off = switch.evaluate(FILL)
        switch.check()
        expect(switch).to_be_checked()
        assert switch.evaluate(FILL) != off
        picked, unpicked = page.locator(".tabs label:has(:checked)"), page.locator(".tabs label:not(:has(:checked))").first
        assert picked.evaluate(FILL) != unpicked.evaluate(FILL)
    context.close()
