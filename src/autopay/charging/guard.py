"""The table of charge.py as a trigger: the database refuses a move that is not in it, and keeps the parts' `live` in step.

In quarantine it refuses every move to `sending`, whoever asks (installation/rights.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from autopay.charging.charge import LIVE, MOVES, REFUND_MOVES, RefundState, State

S = TypeVar("S", State, RefundState)


def guard(table: str, moves: Mapping[S, Iterable[S]], settled: str) -> list[str]:
    """Statement-level, over transition tables: one look at a whole batch. A row that is `settled` to another amount is refused.

    The plan of a trigger is made once, whatever number of rows is met first: joined row by row, a batch of 400 would cost 160,000 looks.
    """
    legal = ", ".join(f"'{old}>{new}'" for old, news in moves.items() for new in sorted(news))
    return [
        f"""
        create or replace function {table}_moves() returns trigger language plpgsql set enable_nestloop = off as $$
        declare wrong text; sends boolean; alters boolean;
        begin
            select min(format('%s: %s to %s', n.id, o.state, n.state)) filter (where o.state || '>' || n.state <> all (array[{legal}])),
                   bool_or(n.state = 'sending'), bool_or({settled} and n.minor is distinct from o.minor)
            into wrong, sends, alters from changed_old o join changed_new n using (id) where o.state <> n.state;
            if wrong is not null then raise exception '{table} cannot move so: %', wrong; end if;
            if sends and sending_allowed() is not true then
                raise exception 'nothing is sent in quarantine: see autopay doctor';
            end if;
            if alters then raise exception 'the amount of a sent {table} never changes'; end if;
            return null;
        end $$
        """,
        *_after_update(table, f"{table}_moves", "referencing old table as changed_old new table as changed_new"),
    ]


def charge_guard() -> list[str]:
    """Its parts follow: only those of rows now in a state, so that a batch of any size is found by the index."""
    states = ", ".join(f"'{state}'" for state in sorted(LIVE))
    live = f"n.state in ({states})"
    follow = f"""
        create or replace function charge_parts() returns trigger language plpgsql as $$
        begin
            update charge_part p set live = {live} from changed_new n where p.charge_id = n.id and p.live <> ({live});
            return null;
        end $$
        """
    parts = [follow, *_after_update("charge", "charge_parts", "referencing new table as changed_new")]
    return [*guard("charge", MOVES, "n.state not in ('sending', 'due')"), *parts]


def refund_guard() -> list[str]:
    return guard("refund", REFUND_MOVES, "n.state <> 'due'")


def _after_update(table: str, function: str, referencing: str) -> list[str]:
    return [
        f"drop trigger if exists {function} on {table}",
        f"create trigger {function} after update on {table} {referencing} for each statement execute function {function}()",
    ]
