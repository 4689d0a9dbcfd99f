"""What every history begins from: a furnished database with the sandbox's book beside it, of which each gets a copy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from autopay_proof.furnish import furnish
from autopay_proof.stage import Stage, new_stage
from autopay_proof.work import letters, reconcile
from sandbox_processor.book import MemoryBook


@dataclass(frozen=True, slots=True)
class Ground:
    """A database with everybody in it and the sandbox's book beside it, of which every seed gets a copy. `admin` may create databases."""

    admin: str
    template: str
    dsns: Mapping[str, str]
    stage: Stage


def prepare(admin: str, migrated: str, dsns: Mapping[str, str], name: str = "proof_template") -> Ground:
    """`migrated` is an empty, migrated database nobody is connected to; `dsns` by role (owner, app, engine)."""
    clone(admin, migrated, name)
    with new_stage({role: make_conninfo(dsn, dbname=name) for role, dsn in dsns.items()}, -1) as stage:
        furnish(stage)
        engine = stage.database("engine")
        letters(stage, engine)  # whoever begins a history is told of nothing before it
        reconcile(stage, engine)  # from here on no day is left out
        _watch(admin, name)
    return Ground(admin, name, dsns, stage)


def name_of_copy(ground: Ground, seed: int) -> str:
    return f"{ground.template}_{seed}"


@contextmanager
def copy_of(ground: Ground, seed: int) -> Iterator[Stage]:
    """Dropped at the end."""
    name = name_of_copy(ground, seed)
    clone(ground.admin, ground.template, name)
    entries = MemoryBook()
    for entry in ground.stage.sandbox.book.replay():
        entries.append(deepcopy(entry))
    dsns = {role: make_conninfo(dsn, dbname=name) for role, dsn in ground.dsns.items()}
    try:
        with new_stage(dsns, seed, entries, ground.stage.time.passed) as stage:
            stage.cast = deepcopy(ground.stage.cast)
            stage.mailed = []
            yield stage
    finally:
        with psycopg.connect(ground.admin, autocommit=True) as server:
            server.execute(SQL("drop database {} with (force)").format(Identifier(name)))


EDGES = """
    create table proof_edge (edge text not null);
    create function proof_edge_seen() returns trigger language plpgsql security definer as $$
    begin
        insert into proof_edge select TG_TABLE_NAME || ' ' || o.state || '>' || n.state
        from changed_old o join changed_new n using (id) where o.state <> n.state;
        return null;
    end $$;
    create trigger proof_edge_seen after update on charge referencing old table as changed_old new table as changed_new
        for each statement execute function proof_edge_seen();
    create trigger proof_edge_seen after update on refund referencing old table as changed_old new table as changed_new
        for each statement execute function proof_edge_seen();
    create trigger proof_edge_seen after update on method referencing old table as changed_old new table as changed_new
        for each statement execute function proof_edge_seen();
    create table proof_key (key text not null);
    create function proof_key_seen() returns trigger language plpgsql security definer as $$
    begin
        insert into proof_key select n.key from changed_old o join changed_new n using (id) where o.key <> n.key and n.key <> '';
        return null;
    end $$;
    create trigger proof_key_seen after update on charge referencing old table as changed_old new table as changed_new
        for each statement execute function proof_key_seen();
    create trigger proof_key_seen after update on refund referencing old table as changed_old new table as changed_new
        for each statement execute function proof_key_seen();
"""


def _watch(admin: str, name: str) -> None:
    """In the simulated database, not in the product's: which moves are really made, and which keys a row ever had."""
    with psycopg.connect(make_conninfo(admin, dbname=name), autocommit=True) as server:
        server.execute(EDGES)
        server.execute("grant select on proof_edge, proof_key to autopay_owner")


def clone(admin: str, template: str, name: str) -> None:
    with psycopg.connect(admin, autocommit=True) as server:
        server.execute(SQL("drop database if exists {} with (force)").format(Identifier(name)))
        made = SQL("create database {} template {} owner autopay_owner strategy file_copy")
        server.execute(made.format(Identifier(name), Identifier(template)))
