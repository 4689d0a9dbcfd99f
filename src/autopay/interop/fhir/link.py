"""Which statement of a share belongs to which visit, however far apart they stand: directly, through a claim or a line, an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from autopay.interop.fhir.shares import Share, Stated, share_of
from autopay.interop.records import FollowUp, Identity, Kind, Unfit
from autopay.interop.stage import BATCH, READY, REFUSED, OpenVisit, Place, Stage, place_of

SCHEMA = """
    create table visit_ref (ref text primary key, visit int) without rowid;
    create table lost_ref (ref text primary key) without rowid;
    create table way (ref text, visit_ref text, file int, position int, primary key (ref, visit_ref)) without rowid;
    create index way_to on way (visit_ref);
    create table statement (id integer primary key, ref text unique, kind text, amount text, currency text, patient_ref text,
                            file int, position int);
    create table statement_link (statement int, rank int, ref text, primary key (statement, rank, ref)) without rowid;
"""
MATCH = """
    create table reached as
        select l.statement, l.rank, v.visit from statement_link l join visit_ref v on v.ref = l.ref
        union
        select l.statement, l.rank, v.visit from statement_link l join way w on w.ref = l.ref join visit_ref v on v.ref = w.visit_ref;
    create index reached_by on reached (statement, rank);
    create table said as
        select distinct statement, visit from reached r
        where rank = (select min(nearer.rank) from reached nearer where nearer.statement = r.statement);
    create index said_of on said (statement);
    create index said_about on said (visit);
"""
STATEMENTS = """
    select v.id as visit, v.file, v.position, own.ref is not null as pointed, own.patient, p.source, p.external_id,
           exists (select 1 from lost_ref lost where lost.ref = v.patient_ref) as lost,
           s.kind, s.amount, s.currency, coalesce(their.patient, own.patient) is not own.patient as of_another,
           (select count(*) from said x where x.statement = s.id) as visits
    from visit v
    left join patient_ref own on own.ref = v.patient_ref
    left join patient p on p.id = own.patient
    left join said on said.visit = v.id
    left join statement s on s.id = said.statement
    left join patient_ref their on their.ref = s.patient_ref
    where v.state = 'open' and v.id > ? and v.id <= ?
    order by v.id, s.id
"""
UNREACHED = """
    insert into refusal (kind, reason, file, position)
    select ?, ?, s.file, s.position from statement s
    where cast(s.amount as real) > 0
      and not exists (select 1 from said where said.statement = s.id and said.visit is not null)
      and not exists (select 1 from statement_link l left join way w on w.ref = l.ref
                      join lost_ref lost on lost.ref = l.ref or lost.ref = w.visit_ref where l.statement = s.id)
"""
BESIDE = """
    insert or ignore into beside
    with refused as (select v.id, v.patient_ref from refusal f join visit v on v.file = f.file and v.position = f.position
                     where f.kind = 'visit')
    select s.file, s.position from refused v join said on said.visit = v.id join statement s on s.id = said.statement
    union
    select w.file, w.position from refused v join visit_ref r on r.visit = v.id join way w on w.visit_ref = r.ref
    union
    select p.file, p.position from refused v join patient_ref r on r.ref = v.patient_ref join patient p on p.id = r.patient
"""
NOBODYS = "belongs to no visit that was read: it names no Encounter, directly or through its claim"


def add_what_belongs(stage: Stage) -> None:
    """To each refused visit its patient, its shares and the claims between them: written out together, they can be imported together."""
    stage.script(BESIDE)


class Links:
    """Of one import, beside its stage. A visit is `open` until `settle` has found its patient and share."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.sql = stage, stage.sql
        stage.script(SCHEMA)

    def settle(self, currency: str) -> None:
        """Give each open visit its share and patient, or refuse it. What states a share for nobody is refused too."""
        self.stage.script(MATCH)
        self._count()
        last = self.sql.execute("select coalesce(max(id), 0) from visit").fetchone()[0]
        for start in range(0, last, BATCH):
            rows = self.stage.rows(STATEMENTS, (start, start + BATCH))
            for visit, group in groupby(rows, key=lambda row: int(row["visit"])):
                self._settle_one(visit, list(group), currency)
        self.sql.execute(UNREACHED, (Kind.SHARE.value, NOBODYS))
        for row in self.stage.rows("select source, external_id, file, position from visit where state = 'taken back'"):
            identity = Identity(row["source"], row["external_id"])
            self.stage.add_follow_up(FollowUp(Kind.VOID, identity, identity, cancelled=True), place_of(row))

    def _count(self) -> None:
        self.stage.other["shares"] += self.stage.count("statement")
        for row in self.stage.rows("select state = 'open' as open, count(*) as number from visit group by 1"):
            if row["open"]:
                self.stage.read[Kind.VISIT] += row["number"]
            else:
                self.stage.other["not completed"] += row["number"]

    def _settle_one(self, visit: int, rows: list[dict[str, Any]], currency: str) -> None:
        try:
            share = found_share(rows, currency)
        except Unfit as unfit:
            self.stage.refuse(Kind.VISIT, str(unfit), Place(rows[0]["file"], rows[0]["position"]))
            self.sql.execute("update visit set state = ? where id = ?", (REFUSED, visit))
            return
        if not share.minor:
            self.stage.other["no share stated" if not share.basis else "zero share"] += 1
        settled = (READY, share.minor if share.basis else None, rows[0]["source"], rows[0]["external_id"], visit)
        self.sql.execute(
            "update visit set state = ?, minor = ?, patient_source = ?, patient_external_id = ? where id = ?", settled
        )

    def add_visit(self, visit: OpenVisit, refs: Sequence[str], place: Place) -> None:
        key = self.stage.add_open_visit(visit, place, lambda known: self.stage.points("visit_ref", "visit", refs, known))
        self.stage.point("visit_ref", "visit", refs, key)

    def lose(self, table: str, refs: Sequence[str]) -> None:
        """What was refused itself: what points to it is told so, or left in peace. Not what means another that was taken."""
        query = f"insert or ignore into lost_ref select ? where not exists (select 1 from {table} where ref = ?)"
        self.sql.executemany(query, [(ref, ref) for ref in refs])

    def add_way(self, ref: str, visit_refs: Sequence[str], place: Place) -> None:
        """What points to `ref` (a claim, a line, an account) means these visits."""
        rows = [(ref, visit, place.file, place.position) for visit in visit_refs]
        self.sql.executemany("insert or ignore into way values (?, ?, ?, ?)", rows)

    def forget_statement(self, ref: str | None) -> None:
        self.sql.execute("delete from statement_link where statement = (select id from statement where ref = ?)", (ref,))
        self.sql.execute("delete from statement where ref = ?", (ref,))

    def add_statement(self, stated: Stated, ref: str | None, place: Place) -> None:
        statement = self.sql.execute(
            "insert into statement (ref, kind, amount, currency, patient_ref, file, position) values (?, ?, ?, ?, ?, ?, ?)",
            (ref, stated.kind, str(stated.amount), stated.currency, stated.patient_ref, place.file, place.position),
        ).lastrowid
        links = [(statement, rank, ref) for rank, refs in enumerate(stated.links) for ref in refs]
        self.sql.executemany("insert or ignore into statement_link values (?, ?, ?)", links)


def found_share(rows: Sequence[Mapping[str, Any]], currency: str) -> Share:
    """What the statements reached from one visit come to. Raises Unfit if they, or the visit's patient, leave a doubt."""
    if rows[0]["lost"]:
        raise Unfit("is of a patient who was refused")
    if rows[0]["pointed"] and rows[0]["patient"] is None:
        raise Unfit("names a patient whom two different resources claim to be")
    found = [row for row in rows if row["kind"]]
    if any(row["of_another"] for row in found):
        raise Unfit("has a patient share stated for another patient")
    stated = [Stated(row["kind"], Decimal(row["amount"]), row["currency"], shared=row["visits"] > 1) for row in found]
    return share_of(stated, currency)
