"""A claim says whether more may be due than it took: the worker asks again only then, and never sleeps while there is."""

from __future__ import annotations

from autopay.charging.send import claim
from autopay.lanes import full
from tests.fixtures.world import World


async def _due(world: World, visits: int) -> int:
    """Returns the payer."""
    payer = await world.patient("Maria")
    for _ in range(visits):
        world.visit(payer)
    return payer


async def test_all_that_was_due_is_taken_and_no_more_is_expected(world: World) -> None:
    await _due(world, 2)
    taken = claim(world.engine, 10)
    assert (len(taken.claimed), taken.more) == (2, False)
    taken = claim(world.engine, 10)
    assert (taken.claimed, taken.more) == ([], False)


async def test_as_many_as_were_asked_for_may_not_be_all(world: World) -> None:
    await _due(world, 2)
    taken = claim(world.engine, 1)
    assert (len(taken.claimed), taken.more) == (1, True)


async def test_what_somebody_holds_is_left_out_without_waiting_and_is_more(world: World) -> None:
    payer = await _due(world, 1)
    for held in (
        "select from agreement where payer_id = %(payer)s for update",
        "select from method where payer_id = %(payer)s for update",
        "select from invoice where payer_id = %(payer)s for update",
        "select from charge where payer_id = %(payer)s for update",
        "select from company_switch for update",
    ):
        with world.owner.transaction() as tx:
            tx.run("set local lock_timeout = '5s'")
            tx.run(held, payer=payer)
            taken = claim(world.engine, 10)
        assert (taken.claimed, taken.more) == ([], True), held
    assert len(claim(world.engine, 10).claimed) == 1


def test_a_biller_that_holds_all_lanes_it_may_have_may_have_more() -> None:
    assert full({1: 2}, [1, 1])
    assert full({1: 0}, [])
    assert not full({1: 3}, [1, 1])
    assert not full({1: 1}, [2])
