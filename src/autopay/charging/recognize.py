"""Restored books charge nothing twice: each due charge and refund is compared with what the processor did meanwhile, before it is sent.

What turns out to be done already gets the processor's reference and the attempt it was done under. Such a row is never sent: it is looked up
and settled by the engine itself (known.py, look_up.py). This goes on after the quarantine, for debts that come back later, by an import or
a night done again: they have the same name, so their keys carry the same marks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from autopay.charging.known import take_known
from autopay.charging.send import Engine, key
from autopay.charging.send_refunds import refund_key
from autopay.database import Tx

ATTEMPTS = 20
"""How many attempts at one debt are looked for, from the one that is next. Each takes a decline or a ruled-out key."""
BATCH = 500

BILLERS = "select distinct biller_id from forgotten_payment where resolved_at is null order by 1"
OPEN = """
    select f.id, f.biller_id as biller, f.kind, f.state, f.ref, f.mark, f.charge_uid, c.debt from forgotten_payment f
    left join charge c on c.biller_id = f.biller_id and c.uid = nullif(f.charge_uid, '')::uuid and c.state = 'withdrawn'
    where f.resolved_at is null and f.biller_id = any(%(billers)s::bigint[]) order by f.id
"""
UPTO = """join (select biller_id, max(id) as upto from forgotten_payment where resolved_at is null group by 1) f on f.biller_id = b.id"""
CHARGES = f"""
    select c.id, c.uid::text as uid, b.id as biller, b.uid::text as biller_uid, c.debt, c.attempt, f.upto,
           exists (select from method m where m.payer_id = c.payer_id) as able
    from charge c join biller b on b.id = c.biller_id {UPTO}
    where c.state = 'due' and c.compared < f.upto order by c.id limit %(limit)s for update of c skip locked
"""
REFUNDS = f"""
    select r.id, r.uid::text as uid, b.id as biller, b.uid::text as biller_uid, r.uid::text as debt, r.attempt, f.upto,
           true as able
    from refund r join biller b on b.id = r.biller_id {UPTO}
    where r.state = 'due' and r.compared < f.upto order by r.id limit %(limit)s for update of r skip locked
"""
COMPARED = """
    update {table} t set compared = x.upto, ref = coalesce(x.ref, t.ref), attempt = coalesce(x.attempt, t.attempt)
    from unnest(%(ids)s::bigint[], %(uptos)s::bigint[], %(refs)s::text[], %(attempts)s::int[]) as x (id, upto, ref, attempt)
    where t.id = x.id and t.state = 'due'
"""
IS = """update forgotten_payment f set charge_id = x.charge
    from unnest(%(ids)s::bigint[], %(charges)s::bigint[]) as x (id, charge) where f.id = x.id"""


@dataclass(frozen=True, slots=True)
class Row:
    """A due charge or refund that was not compared with all there is, up to the forgotten payment `upto`."""

    id: int
    uid: str
    biller: int
    biller_uid: str
    debt: str
    attempt: int
    upto: int
    able: bool
    """Its payer has a payment method in these books; without one a person looks at the payment."""


@dataclass(frozen=True, slots=True)
class Done:
    """What the processor did and our books forgot."""

    id: int
    biller: int
    kind: str
    state: str
    ref: str
    mark: str
    charge_uid: str
    debt: str | None
    """Of the charge it names, if that is in the books and was withdrawn."""


@dataclass(frozen=True, slots=True)
class Same:
    """`done` is this row's, under this attempt; None where only the charge's own id says so."""

    done: Done
    attempt: int | None


def recognize(engine: Engine, limit: int = BATCH) -> int:
    """One round: compare, and take what is known. Returns how many rows it was about, 0 at the end.

    Costs one look at an empty index where nothing was forgotten.
    """
    with engine.db.transaction() as tx:
        billers = tx.column(BILLERS)
    if not billers:
        return 0
    marks = _marks(engine, billers)
    with engine.db.transaction() as tx:
        charges = [row for row in tx.all(Row, CHARGES, limit=limit) if row.biller in marks]
        refunds = [row for row in tx.all(Row, REFUNDS, limit=limit) if row.biller in marks]
        book = _by_mark_and_uid(tx.all(Done, OPEN, billers=billers)) if charges or refunds else {}
        _write(tx, "charge", charges, [_of_charge(engine.secret, row, marks[row.biller], book) for row in charges])
        _write(tx, "refund", refunds, [_of_refund(engine.secret, row, marks[row.biller], book) for row in refunds])
        taken = take_known(tx, engine, limit)
    return len(charges) + len(refunds) + taken


def _marks(engine: Engine, billers: Iterable[int]) -> dict[int, Callable[[str], str]]:
    """Where a biller has no processor account any more nothing can be sent, and its charges wait."""
    found: dict[int, Callable[[str], str]] = {}
    for biller in billers:
        with suppress(LookupError):
            found[biller] = engine.processors[biller].mark
    return found


Book = dict[tuple[int, str, str], list[Done]]


def _by_mark_and_uid(open_ones: Iterable[Done]) -> Book:
    book: Book = defaultdict(list)
    for done in open_ones:
        book[done.biller, done.kind, done.mark].append(done)
        if done.charge_uid:
            book[done.biller, "uid", done.charge_uid].append(done)
        if done.debt:
            book[done.biller, "debt", done.debt].append(done)
    return book


def _of_charge(secret: bytes, row: Row, mark: Callable[[str], str], book: Book) -> Same | None:
    """By the marks of the next attempts' keys, by the id we sent along, or by the debt that had that id, and was charged anew since."""
    if not row.able:
        return None
    keys = {mark(key(secret, row.biller_uid, row.debt, n)): n for n in _attempts(row)}
    found = {done.id: Same(done, n) for each, n in keys.items() for done in book.get((row.biller, "payment", each), [])}
    for done in (*book.get((row.biller, "uid", row.uid), []), *book.get((row.biller, "debt", row.debt), [])):
        found.setdefault(done.id, Same(done, None))
    return best(found.values())


def _of_refund(secret: bytes, row: Row, mark: Callable[[str], str], book: Book) -> Same | None:
    keys = {mark(refund_key(secret, row.biller_uid, row.uid, n)): n for n in _attempts(row)}
    return best(Same(done, n) for each, n in keys.items() for done in book.get((row.biller, "refund", each), []))


def _attempts(row: Row) -> range:
    """From the next one: those before it are in the books. A debt that comes back begins to count again."""
    return range(row.attempt, row.attempt + ATTEMPTS)


def best(found: Iterable[Same]) -> Same | None:
    """Of several the one that tells what became of the debt: paid, on its way, refused; of these the last attempt."""
    order = {"done": 2, "pending": 1, "failed": 0}
    return max(found, key=lambda same: (order[same.done.state], same.attempt or 0, same.done.id), default=None)


def _write(tx: Tx, table: str, rows: Sequence[Row], same: Sequence[Same | None]) -> None:
    taken = set[tuple[int, str]]()
    pairs = []
    for row, s in zip(rows, same, strict=True):  # a second row that is the same payment waits until the first is booked
        if s is None or (row.biller, s.done.ref) not in taken:
            pairs.append((row, s))
        if s:
            taken.add((row.biller, s.done.ref))
    if not pairs:
        return
    known = [(row, s) for row, s in pairs if s]
    if table == "charge" and known:
        tx.run(IS, ids=[s.done.id for _, s in known], charges=[row.id for row, _ in known])
    tx.run(
        COMPARED.format(table=table),
        ids=[row.id for row, _ in pairs],
        uptos=[row.upto for row, _ in pairs],
        refs=[s.done.ref if s else None for _, s in pairs],
        attempts=[s.attempt if s else None for _, s in pairs],
    )
