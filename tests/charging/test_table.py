"""The table of states: complete, and the same in the database."""

from __future__ import annotations

from contextlib import nullcontext

import psycopg
import pytest

from autopay.charging.charge import IN_FLIGHT, LIVE, MOVES, State
from tests.fixtures.world import World


def test_every_state_has_a_row_and_the_final_ones_are_final() -> None:
    assert set(MOVES) == set(State)
    assert {state for state, news in MOVES.items() if not news} == {State.FAILED, State.WITHDRAWN, State.RETURNED}
    assert IN_FLIGHT < LIVE


COMPLETE = """update charge set minor = 8500, key = 'k' || id, ref = 'r' || id, sent_at = now(), lease_until = now(),
    method_id = (select id from method), agreement_version_id = (select max(id) from agreement_version) where id = %(id)s"""
MOVE = "update charge set state = %(state)s where id = %(id)s"
WAY = {
    State.DUE: [],
    State.SENDING: [State.SENDING],
    State.WITHDRAWN: [State.WITHDRAWN],
    State.RETURNED: [State.SENDING, State.PENDING, State.RETURNED],
}


@pytest.mark.parametrize("old", list(State))
async def test_the_database_refuses_exactly_the_moves_that_are_not_in_the_table(world: World, old: State) -> None:
    payer = await world.patient("Maria")
    for new in set(State) - {old}:
        invoice = world.visit(payer)
        charge = world.value("select charge_id from charge_part where invoice_id = %(i)s", i=invoice)
        with world.owner.transaction() as tx:
            tx.run(COMPLETE, id=charge)
            for state in WAY.get(old, [State.SENDING, old]):
                tx.run(MOVE, id=charge, state=state.value)
        legal = new in MOVES[old]
        expected = nullcontext() if legal else pytest.raises(psycopg.errors.RaiseException, match="cannot move")
        with expected, world.owner.transaction() as tx:
            tx.run(MOVE, id=charge, state=new.value)
        live = world.value("select live from charge_part where invoice_id = %(i)s", i=invoice)
        assert live == ((new if legal else old) in LIVE)
