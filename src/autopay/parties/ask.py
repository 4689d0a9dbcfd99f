"""Ask the office to turn Auto-Pay on or off, or to use another card (V13). It changes nothing by itself: a person answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.parties.models import Request
from autopay.refusal import Refusal

LONGEST = 500
MOST_OPEN = 5
"""Of one patient. Whoever has more to say is better helped by phone."""

ROWS = """
    select r.id, r.uid, r.payer_id as payer, p.uid as payer_uid, p.name, r.kind, r.note, r.made_by_id as made_by,
           coalesce(nullif(trim(u.first_name || ' ' || u.last_name), ''), u.email) as made_by_name, r.at, r.done_at
    from request r join payer p on p.id = r.payer_id join app_user u on u.id = r.made_by_id
"""
OPEN = ROWS + " where r.done_at is null order by r.at, r.id"
OF_PAYERS = (
    ROWS + " where r.payer_id = any(%(payers)s::bigint[]) order by r.done_at is not null, r.at desc, r.id desc limit %(limit)s"
)
SAME = """
    select id from request where payer_id = %(payer)s and kind = %(kind)s and note = %(note)s and done_at is null
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """`user` asks for `payer`: their own, or one of those they pay for. `note` may be empty."""

    payer: int
    kind: Request.Kind
    note: str
    user: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the patient's page and the office's worklist show it. `name` is the patient's; instants in UTC."""

    id: int
    uid: UUID
    payer: int
    payer_uid: UUID
    name: str
    kind: str
    note: str
    made_by: int
    made_by_name: str
    at: datetime
    done_at: datetime | None


def ask(db: Database, biller: int, wish: Wish, by: By) -> bool:
    """False if the very same is open already: asked twice, it is one. Raises Refusal for a note that is too long, or too many open."""
    said = " ".join(wish.note.split())
    if len(said) > LONGEST:
        raise Refusal("too_long", f"Please write at most {LONGEST} characters.")
    with db.transaction(biller) as tx:
        tx.run("select id from payer where id = %(payer)s for update", payer=wish.payer)
        if tx.value(SAME, payer=wish.payer, kind=wish.kind, note=said):
            return False
        if tx.value("select count(*) from request where payer_id = %(p)s and done_at is null", p=wish.payer) >= MOST_OPEN:
            raise Refusal("too_many", "The office has not answered your other requests yet. Please call if it is urgent.")
        request: int = tx.value(
            """insert into request (biller_id, payer_id, kind, note, made_by_id, at)
               values (%(biller)s, %(payer)s, %(kind)s, %(note)s, %(user)s, %(at)s) returning id""",
            biller=biller,
            payer=wish.payer,
            kind=wish.kind,
            note=said,
            user=wish.user,
            at=by.at,
        )
        note(tx, biller, by, "request made", ("payer", wish.payer), request=request, kind=wish.kind)
    return True


def open_requests(tx: Tx) -> list[Asked]:
    """Of this biller, the oldest first: for the office's worklist."""
    return tx.all(Asked, OPEN)


def requests_of(tx: Tx, payers: Sequence[int], limit: int = 50) -> list[Asked]:
    """Open ones first, then the newest."""
    return tx.all(Asked, OF_PAYERS, payers=list(payers), limit=limit)
