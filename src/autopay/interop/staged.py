"""What the stage gives back, a batch at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from autopay.interop.records import Contact, FollowUp, Identity, Kind, Patient, Visit
from autopay.interop.stage import Place, Stage, place_of

Row = dict[str, Any]
OF_VISITS = """
    select f.id from json_each(?) v cross join follow_up f
    on f.visit_source = json_extract(v.value, '$[0]') and f.visit_external_id = json_extract(v.value, '$[1]') and not f.taken
"""
"""Of a list of visits, each a source and an identifier; the cross join goes from the list to the index."""


def patients(stage: Stage) -> Iterator[list[tuple[Patient, list[str], Place]]]:
    """Each with the references that mean it."""
    for rows in stage.batches("select * from patient where id > ? order by id limit ?"):
        refs: dict[int, list[str]] = {}
        between = (rows[0]["id"], rows[-1]["id"])
        for row in stage.rows("select ref, patient from patient_ref where patient between ? and ?", between):
            refs.setdefault(row["patient"], []).append(row["ref"])
        yield [(_patient(row), refs.get(row["id"], []), place_of(row)) for row in rows]


def contacts(stage: Stage) -> Iterator[list[tuple[Contact, Identity | None, Place]]]:
    """Each with its patient's identity, if that was read too."""
    query = """select c.*, p.source as patient_source, p.external_id as patient_external_id from contact c
               left join patient_ref r on r.ref = c.patient_ref left join patient p on p.id = r.patient
               where c.id > ? order by c.id limit ?"""
    for rows in stage.batches(query):
        yield [(_contact(row), _identity_in(row, "patient_"), place_of(row)) for row in rows]


def visits(stage: Stage) -> Iterator[list[tuple[Visit, Place]]]:
    for rows in stage.batches("select * from visit where state = 'ready' and id > ? order by id limit ?"):
        yield [(_visit(row), place_of(row)) for row in rows]


def follow_ups_of(stage: Stage, visits: Sequence[Identity]) -> list[tuple[FollowUp, Place]]:
    """What the same files say happened to the bills of these visits, in the order of the files."""
    rows = stage.rows(f"select * from follow_up where id in ({OF_VISITS}) order by id", (_listed(visits),))
    return [(_follow_up(row), place_of(row)) for row in rows]


def take_follow_ups_of(stage: Stage, visits: Sequence[Identity]) -> None:
    """They are done with: not left for later."""
    stage.sql.execute(f"update follow_up set taken = 1 where id in ({OF_VISITS})", (_listed(visits),))


def follow_ups_left(stage: Stage) -> Iterator[list[tuple[FollowUp, Place]]]:
    for rows in stage.batches("select * from follow_up where not taken and id > ? order by id limit ?"):
        yield [(_follow_up(row), place_of(row)) for row in rows]


def _listed(visits: Sequence[Identity]) -> str:
    return json.dumps([(visit.source, visit.external_id) for visit in visits])


def _patient(row: Row) -> Patient:
    return Patient(_own(row), row["name"], row["email"], row["phone"], row["language"])


def _contact(row: Row) -> Contact:
    return Contact(_own(row), row["name"], row["email"], row["patient_ref"])


def _visit(row: Row) -> Visit:
    return Visit(_own(row), _identity_in(row, "patient_"), row["patient_ref"] or "", date.fromisoformat(row["day"]), row["minor"])


def _follow_up(row: Row) -> FollowUp:
    on = date.fromisoformat(row["day"]) if row["day"] else None
    visit = _identity_in(row, "visit_")
    return FollowUp(Kind(row["kind"]), _own(row), visit, row["invoice"], row["minor"], on, row["how"], bool(row["cancelled"]))


def _own(row: Row) -> Identity:
    return Identity(row["source"], row["external_id"])


def _identity_in(row: Row, prefix: str) -> Identity | None:
    external_id = row[f"{prefix}external_id"]
    return Identity(row[f"{prefix}source"], external_id) if external_id is not None else None
