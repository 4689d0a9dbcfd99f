"""What was read, before any of it is taken in: a private temporary database on disk (SQLite), gone when it is closed.

References may point forward and across files, so everything is read first; memory stays flat however long the files are.
The same record twice is one; of two versions of one resource the one read later counts. Two different resources with one identifier
are a doubt: the second is refused.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from autopay.interop.records import Contact, FollowUp, Identity, Kind, Patient, Unfit, Visit

SCHEMA = """
    pragma synchronous = off;
    pragma journal_mode = off;
    create table file (id integer primary key, path text, lines int);
    create table patient (id integer primary key, source text, external_id text, name text, email text, phone text, language text,
                          file int, position int, unique (source, external_id));
    create table patient_ref (ref text primary key, patient int) without rowid;
    create table contact (id integer primary key, source text, external_id text, name text, email text, patient_ref text,
                          file int, position int, unique (source, external_id, patient_ref));
    create table visit (id integer primary key, source text, external_id text, patient_source text, patient_external_id text,
                        patient_ref text, day text, minor int, state text, file int, position int, unique (source, external_id));
    create table follow_up (id integer primary key, kind text, source text, external_id text, visit_source text, visit_external_id text,
                            invoice int, minor int, day text, how text, cancelled int, taken int default 0, file int, position int,
                            unique (kind, source, external_id));
    create index follow_up_of_visit on follow_up (visit_source, visit_external_id);
    create table refusal (id integer primary key, kind text, reason text, file int, position int);
    create index refusal_at on refusal (file, position);
    create table beside (file int, position int, primary key (file, position)) without rowid;
"""
KEYS = {"follow_up": ("kind", "source", "external_id"), "contact": ("source", "external_id", "patient_ref")}
"""What may be there once; elsewhere source and identifier."""
BATCH = 1000
OPEN, READY, REFUSED, NOT_YET, TAKEN_BACK = "open", "ready", "refused", "not yet", "taken back"
"""What becomes of a visit while it is staged: open until its patient and share are found; not completed, or never was one."""


@dataclass(frozen=True, slots=True)
class Place:
    """A file and a position in it: a line (from 1), or an entry's index in a Bundle (from 0)."""

    file: int
    position: int


@dataclass(frozen=True, slots=True)
class OpenVisit:
    """A visit whose patient and share are still to be found; or one that is not completed, kept so that what points to it is known."""

    identity: Identity
    patient_ref: str
    on: date | None
    state: str


Same = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class Refused:
    """One thing that was not taken in; `reason` reads on from its kind: `visit` … `names no patient`."""

    kind: Kind
    reason: str
    place: Place


class Stage:
    """One import's. `read` counts different records, by kind; `other` what else there is to say."""

    def __init__(self) -> None:
        self.sql = sqlite3.connect("", isolation_level=None)
        self.script(SCHEMA)
        self.sql.execute("begin")
        self.read: Counter[Kind] = Counter()
        self.other: Counter[str] = Counter()

    def script(self, statements: str) -> None:
        for statement in filter(str.strip, statements.split(";")):
            self.sql.execute(statement)

    def close(self) -> None:
        self.sql.close()

    def add_file(self, path: Path, lines: bool) -> int:
        """`lines`: its places are lines, not entries of a Bundle."""
        return self._insert("file", path=str(path), lines=int(lines)) or 0

    def path(self, file: int) -> Path:
        return Path(self.sql.execute("select path from file where id = ?", (file,)).fetchone()[0])

    def add_patient(self, patient: Patient, place: Place, refs: Sequence[str] = ()) -> None:
        """Raises Unfit if another resource with the same identifier was read before; a later version of the same one counts."""
        row = _identity(patient.identity) | {
            "name": patient.name,
            "email": patient.email,
            "phone": patient.phone,
            "language": patient.language,
        }
        key = self._once(Kind.PATIENT, "patient", row, place, lambda known: self.points("patient_ref", "patient", refs, known))
        self.point("patient_ref", "patient", refs, key)

    def merge_patient(self, patient: Patient, place: Place) -> None:
        """For rows that each say a part: what is empty is filled in. Raises Unfit if a row says otherwise than an earlier one."""
        key = (patient.identity.source, patient.identity.external_id)
        known = self.sql.execute("select name, email, phone from patient where source = ? and external_id = ?", key).fetchone()
        if known is None:
            self.read[Kind.PATIENT] += 1
            row = _identity(patient.identity) | {
                "name": patient.name,
                "email": patient.email,
                "phone": patient.phone,
                "language": "",
            }
            self._insert("patient", **row, file=place.file, position=place.position)
            return
        said = (patient.name, patient.email, patient.phone)
        if any(new and old and new != old for new, old in zip(said, known, strict=True)):
            raise Unfit("says otherwise of this patient than an earlier row; one of them must be mended")
        if any(new and not old for new, old in zip(said, known, strict=True)):
            merged = [old or new for new, old in zip(said, known, strict=True)]
            self.sql.execute(
                "update patient set name = ?, email = ?, phone = ? where source = ? and external_id = ?", (*merged, *key)
            )

    def add_contact(self, contact: Contact, place: Place) -> None:
        row = _identity(contact.identity) | {"name": contact.name, "email": contact.email, "patient_ref": contact.patient_ref}
        self._once(Kind.CONTACT, "contact", row, place)

    def add_visit(self, visit: Visit, place: Place) -> None:
        row = _identity(visit.identity) | {"day": visit.on.isoformat(), "minor": visit.minor, "patient_ref": visit.patient_ref}
        if visit.patient:
            row |= {"patient_source": visit.patient.source, "patient_external_id": visit.patient.external_id}
        self._once(Kind.VISIT, "visit", row | {"state": READY}, place)

    def add_open_visit(self, visit: OpenVisit, place: Place, same: Same) -> int:
        """Not counted yet: that is done when it is settled. `same` says of a row whether it came from the same resource."""
        on = visit.on.isoformat() if visit.on else None
        row = _identity(visit.identity) | {"patient_ref": visit.patient_ref, "day": on, "state": visit.state}
        return self._once(None, "visit", row, place, same)

    def add_follow_up(self, each: FollowUp, place: Place) -> None:
        row = {"kind": each.kind.value, **_identity(each.identity), "invoice": each.invoice, "minor": each.minor, "how": each.how}
        row |= {"visit_source": each.visit and each.visit.source, "visit_external_id": each.visit and each.visit.external_id}
        row |= {"day": each.on.isoformat() if each.on else None, "cancelled": int(each.cancelled)}
        self._once(None if each.cancelled else each.kind, "follow_up", row, place)

    def refuse(self, kind: Kind, reason: str, place: Place, staged: bool = True) -> None:
        """`staged`: it was counted as read before; otherwise it is read and refused at once."""
        self.read[kind] += not staged
        row = (kind.value, reason, place.file, place.position)
        self.sql.execute("insert into refusal (kind, reason, file, position) values (?, ?, ?, ?)", row)

    def forget_refusals_after(self, count: int) -> None:
        """Of an attempt that was rolled back: it will be made again."""
        self.sql.execute("delete from refusal where id in (select id from refusal order by id limit -1 offset ?)", (count,))

    def refusals(self) -> Iterator[Refused]:
        for row in self.each_row("select kind, reason, file, position from refusal order by file, position, id"):
            yield Refused(Kind(row["kind"]), row["reason"], place_of(row))

    def count(self, table: str) -> int:
        return int(self.sql.execute(f"select count(*) from {table}").fetchone()[0])

    def refused_files(self) -> list[int]:
        return [row["file"] for row in self.rows("select file from refusal union select file from beside order by file")]

    def refused_in(self, file: int) -> Iterator[tuple[int, str]]:
        """Position and reason in order of position; without a reason, what belongs to something refused."""
        query = """select position, reason from refusal where file = ?
                   union all select position, '' from beside where file = ? order by position"""
        for row in self.each_row(query, (file, file)):
            yield row["position"], row["reason"]

    def _once(self, counted: Kind | None, table: str, row: dict[str, Any], place: Place, same: Same = lambda _: False) -> int:
        """Insert; or find it again. Raises Unfit if what is there says something else and is not the same thing's older version."""
        if key := self._insert(table, **row, file=place.file, position=place.position):
            if counted:
                self.read[counted] += 1
            return key
        names = KEYS.get(table, ("source", "external_id"))
        where = " and ".join(f"{name} = ?" for name in names)
        before = self.rows(f"select * from {table} where {where}", tuple(row[name] for name in names))[0]
        if any(before[name] != value for name, value in row.items()):
            if not same(before["id"]):
                raise Unfit(
                    f"has the identifier of another one, read before at {self.place(place_of(before))}, but says something else"
                )
            self._replace(table, before["id"], row | {"file": place.file, "position": place.position})
        self.other["repeated"] += 1
        return int(before["id"])

    def _replace(self, table: str, key: int, row: dict[str, Any]) -> None:
        settings = ", ".join(f"{name} = ?" for name in row)
        self.sql.execute(f"update {table} set {settings} where id = ?", (*row.values(), key))

    def points(self, table: str, column: str, refs: Sequence[str], target: int) -> bool:
        """Whether one of the ids among the references is known to mean `target`; an identifier alone is no proof of that."""
        ids = [ref for ref in refs if "?" not in ref]
        marks = ", ".join("?" * len(ids))
        found = self.sql.execute(f"select 1 from {table} where {column} = ? and ref in ({marks})", (target, *ids))
        return found.fetchone() is not None

    def point(self, table: str, column: str, refs: Sequence[str], target: int) -> None:
        """A reference that two different things claim means neither."""
        self.sql.executemany(
            f"insert into {table} (ref, {column}) values (?, ?) "
            f"on conflict (ref) do update set {column} = case when {column} = excluded.{column} then {column} end",
            [(ref, target) for ref in refs],
        )

    def place(self, place: Place) -> str:
        """`file:line`, or `file#entry` in a Bundle."""
        path, lines = self.sql.execute("select path, lines from file where id = ?", (place.file,)).fetchone()
        return f"{path}{':' if lines else '#'}{place.position}"

    def _insert(self, table: str, **row: Any) -> int | None:
        """The new row's id; None if what may be there once is there."""
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        done = self.sql.execute(f"insert into {table} ({names}) values ({marks}) on conflict do nothing", tuple(row.values()))
        return done.lastrowid if done.rowcount else None

    def batches(self, query: str) -> Iterator[list[dict[str, Any]]]:
        """The query takes the last id seen and how many: what is read may be changed while it is worked on."""
        last = 0
        while rows := self.rows(query, (last, BATCH)):
            yield rows
            last = rows[-1]["id"]

    def rows(self, query: str, params: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        return list(self.each_row(query, params))

    def each_row(self, query: str, params: tuple[Any, ...] = ()) -> Iterator[dict[str, Any]]:
        cursor = self.sql.execute(query, params)
        names = [column[0] for column in cursor.description]
        while rows := list(islice(cursor, BATCH)):
            yield from (dict(zip(names, row, strict=True)) for row in rows)


def _identity(identity: Identity) -> dict[str, Any]:
    return {"source": identity.source, "external_id": identity.external_id}


def place_of(row: dict[str, Any]) -> Place:
    return Place(row["file"], row["position"])
