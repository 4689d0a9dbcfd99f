"""What the dry run and the day's proof say is what the engine does."""

from __future__ import annotations

from autopay.agreements.models import Switch
from autopay.charging.completeness import prove
from autopay.charging.preview import preview
from tests.fixtures.world import SAVES_THEN_DECLINES, ZONE, World


async def test_A63_the_dry_run_names_who_would_be_charged_and_why_the_others_would_not(world: World) -> None:
    good, bad = await world.patient("Good"), await world.patient("Bad", SAVES_THEN_DECLINES)
    off, bare = await world.patient("Off", switch=Switch.OFF), await world.patient("Bare", None)
    world.visit(bad, 200)
    await world.work()
    for payer, minor in ((good, 100), (off, 300), (bare, 400)):
        world.visit(payer, minor)
    lines = preview(world.app, world.biller, world.clock.now())
    assert {(line.minor, line.verdict, line.why) for line in lines} == {
        (100, "charge", "charged"),
        (200, "skip", "declined"),
        (300, "skip", "own_off"),
        (400, "skip", "no_default"),
    }
    await world.work()
    assert await world.kept() == 100
    assert {line.minor for line in preview(world.app, world.biller, world.clock.now())} == {200, 300, 400}


async def test_the_proof_of_a_day_adds_up_and_names_every_reason(world: World) -> None:
    good, bad = await world.patient("Good"), await world.patient("Bad", SAVES_THEN_DECLINES)
    off = await world.patient("Off", switch=Switch.OFF)
    for payer, minor in ((good, 100), (bad, 200), (off, 300)):
        world.visit(payer, minor)
    today = world.clock.today(ZONE)
    waiting = prove(world.app, world.biller, today)
    assert [(each.verdict, each.minor) for each in waiting.sums] == [("held", 300), ("refused", 300)]
    await world.work()
    proof = prove(world.app, world.biller, today)
    assert proof.complete
    assert [(each.verdict, each.reason, each.minor) for each in proof.sums] == [
        ("charged", "paid", 100),
        ("refused", "declined", 200),
        ("refused", "own_off", 300),
    ]
    with world.owner.transaction() as tx:
        tx.run("update invoice set why = '' where total = 300")
    assert not prove(world.app, world.biller, today).complete
