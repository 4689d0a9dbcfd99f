"""Journal entries become notices: exactly one for each thing there is to tell, however often this is killed (I14, M9).

The sealer numbers entries after their commit, without gaps, so its chain is what is followed: nothing that was rolled back is ever
told, and nothing that committed late is missed. The cursor and the notices move in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import override

from autopay.database import Database, Tx
from autopay.notices.facts import Event, Facts, gather
from autopay.notices.letter import Draft
from autopay.notices.letters import TOLD_TO_CONTACTS, WRITERS, draft
from autopay.notices.render import rendered

BEHIND = """
    select b.id from biller b left join notice_cursor c on c.biller_id = b.id
    where exists (select from journal_seal s where s.biller_id = b.id and s.seq > coalesce(c.seq, 0)) order by b.id
"""
FIRST = "insert into notice_cursor (biller_id, seq) values (%(biller)s, 0) on conflict do nothing"
LOCK = "select seq from notice_cursor where biller_id = %(biller)s for update skip locked"
NEXT = """
    select s.seq, e.id as entry, e.at, e.action, e.object, e.object_id, e.data
    from journal_seal s join journal_entry e on e.id = s.entry_id
    where s.biller_id = %(biller)s and s.seq > %(seq)s order by s.seq limit %(limit)s
"""
MOVE = "update notice_cursor set seq = %(seq)s where biller_id = %(biller)s"
WRITE = """
    insert into notice (biller_id, payer_id, kind, object, object_id, at, "to", language, subject, text, html)
    select %(biller)s, * from unnest(%(payers)s::bigint[], %(kinds)s::text[], %(objects)s::text[], %(ids)s::bigint[],
        %(ats)s::timestamptz[], %(tos)s::text[], %(languages)s::text[], %(subjects)s::text[], %(texts)s::text[], %(htmls)s::text[])
    on conflict do nothing
"""
COLUMNS = ("payers", "kinds", "objects", "ids", "ats", "tos", "languages", "subjects", "texts", "htmls")


def write_notices(db: Database, site: str, limit: int = 200) -> int:
    """One round over all billers; `site` is where links lead. Returns how many entries were read."""
    with db.transaction() as tx:
        billers = tx.column(BEHIND)
    return sum(_write(db, biller, site, limit) for biller in billers)


def _write(db: Database, biller: int, site: str, limit: int) -> int:
    """A second writer of the same biller finds the cursor taken and does nothing."""
    with db.transaction() as tx:
        tx.run(FIRST, biller=biller)
        seq = tx.value(LOCK, biller=biller)
        if seq is None:
            return 0
        events = tx.all(Event, NEXT, biller=biller, seq=seq, limit=limit)
        if events:
            _tell(tx, biller, [each for each in events if each.action in WRITERS], site)
            tx.run(MOVE, biller=biller, seq=events[-1].seq)
    return len(events)


def _tell(tx: Tx, biller: int, events: Sequence[Event], site: str) -> None:
    if not events:
        return
    facts = gather(tx, biller, events)
    notices = []
    for event in events:
        for person in facts.people_of(event, event.action in TOLD_TO_CONTACTS):
            with override(person.language):
                drafted = draft(event, facts, person)
                if drafted:
                    notices.append(_notice(event, facts, drafted, site))
    if notices:
        columns = zip(*notices, strict=True)
        tx.run(WRITE, biller=biller, **dict(zip(COLUMNS, map(list, columns), strict=True)))


def _notice(event: Event, facts: Facts, drafted: Draft, site: str) -> tuple[object, ...]:
    """Its values, in the order of COLUMNS."""
    text, html = rendered(drafted.letter, facts.house, site)
    person, (kind_of_thing, thing) = drafted.person, drafted.about
    subject = drafted.letter.subject[:200]
    return person.id or None, str(drafted.kind), kind_of_thing, thing, event.at, person.to, person.language, subject, text, html
