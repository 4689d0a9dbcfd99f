"""The table of charge.py as a trigger: the database refuses a move that is not in it, and keeps the parts' `live` in step.

In quarantine it refuses every move to `sending`, whoever asks (installation/rights.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from autopay.charging.charge import LIVE, MOVES, REFUND_MOVES, RefundState, State

S = TypeVar("S", State, RefundState)

MOVED = "from changed_old o join changed_new n using (id) where o.state <> n.state"


def guard(table: str, moves: Mapping[S, Iterable[S]], then: str = "") -> list[str]:
    """Statement-level, over transition tables: one check for a whole batch. `then` runs after it for the rows that moved."""
    legal = ", ".join(f"'{old}>{new}'" for old, news in moves.items() for new in sorted(news))
    return [
        f"""
        create or replace function {table}_moves() returns trigger language plpgsql as $$
        declare wrong text;
        begin
            select format('%s: %s to %s', n.id, o.state, n.state) into wrong
            {MOVED} and o.state || '>' || n.state <> all (array[{legal}]) limit 1;
            if wrong is not null then raise exception '{table} cannot move so: %', wrong; end if;
            if exists (select {MOVED} and n.state = 'sending') and sending_allowed() is not true then
                raise exception 'nothing is sent in quarantine: see autopay doctor';
            end if;
            {then}
            return null;
        end $$
        """,
        f"drop trigger if exists {table}_moves on {table}",
        f"create trigger {table}_moves after update on {table} referencing old table as changed_old new table as changed_new "
        f"for each statement execute function {table}_moves()",
    ]


def charge_guard() -> list[str]:
    live = ", ".join(f"'{state}'" for state in sorted(LIVE))
    follow = f"""
            if exists (select {MOVED} and n.minor is distinct from o.minor and n.state not in ('sending', 'due')) then
                raise exception 'the amount of a sent charge never changes';
            end if;
            update charge_part p set live = n.state in ({live})
            {MOVED} and p.charge_id = n.id and p.live <> (n.state in ({live}));"""
    return guard("charge", MOVES, follow)


def refund_guard() -> list[str]:
    return guard("refund", REFUND_MOVES)
