"""Save a method: a saga whose every step is a committed state, so that a crash on any line is taken up by the sweeper.

offered -> (within the limits) -> attached -> holding -> usable, or refused with the reason (A22). The hold is released in every case;
it is never a charge.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from autopay.clock import Clock
from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.money import Money
from autopay.processors.protocol import (
    ChargeRef,
    Declined,
    Initiator,
    Kind,
    MethodRef,
    NotSent,
    Paid,
    Pending,
    Processor,
    Reason,
    Refused,
    SavedMethod,
    Unknown,
)
from autopay.wallet.limits import admit, within_limits
from autopay.wallet.prove import prove

log = structlog.get_logger()
HOLD_MINOR = 100
RETRY = timedelta(seconds=30)
ASK_WHETHER_PROVED = timedelta(minutes=10)

ONE = """
    select m.id, m.uid::text as uid, m.biller_id as biller, b.uid::text as biller_uid, b.currency,
           p.uid::text as payer_uid, m.payer_id as payer,
           m.state, m.kind, m.token, coalesce(nullif(m.customer, ''), w.customer, '') as customer, m.hold_ref,
           m.verified, m.verification, m.network = '' or m.admitted_at is not null as admitted
    from method m join biller b on b.id = m.biller_id join payer p on p.id = m.payer_id left join wallet w on w.payer_id = m.payer_id
"""


@dataclass(frozen=True, slots=True)
class Saving:
    id: int
    uid: str
    biller: int
    biller_uid: str
    currency: str
    payer_uid: str
    payer: int
    state: str
    kind: str
    token: str
    customer: str
    hold_ref: str
    verified: bool
    verification: str
    admitted: bool
    """Within the limits, or not offered on the web: the bank may be asked."""


@dataclass(frozen=True, slots=True)
class Wallets:
    """What saving needs: database, processors by biller, clock, the installation secret for hold keys."""

    db: Database
    processors: Mapping[int, Processor]
    clock: Clock
    secret: bytes


async def save(wallets: Wallets, method: int, biller: int | None = None) -> str:
    """Drive one method as far as it goes now; returns its state. Safe to call again from any state, by anybody."""
    for _ in range(5):
        saving = _load(wallets, method, biller)
        step = prove if saving.state == "usable" and not saving.verified else STEPS.get(saving.state)
        if step is None or not await step(wallets, saving):
            break
    return _load(wallets, method, biller).state


async def sweep(wallets: Wallets, limit: int = 20) -> int:
    """Take up sagas whose process died or whose answer was lost, and tell the processor of removed methods."""
    with wallets.db.transaction() as tx:
        ids = tx.column(
            """with stuck as (select id from method where retry_at <= %(now)s
                              order by retry_at limit %(limit)s for update skip locked)
               update method m set retry_at = case when m.state = 'usable' then %(later)s else %(next)s end
               from stuck where m.id = stuck.id returning m.id""",
            now=wallets.clock.machine(),
            next=wallets.clock.machine() + RETRY,
            later=wallets.clock.machine() + ASK_WHETHER_PROVED,
            limit=limit,
        )
    for method in ids:
        try:
            await save(wallets, method)
        except Exception as error:  # the next look is set already; the others are not to wait for it
            log.warning("method_not_saved", method=method, error=type(error).__name__)
    return len(ids)


def _load(wallets: Wallets, method: int, biller: int | None) -> Saving:
    with wallets.db.transaction(biller) as tx:
        saving = tx.one(Saving, ONE + " where m.id = %(id)s", id=method)
    if saving is None:
        raise LookupError(f"method {method} does not exist")
    return saving


async def _attach(wallets: Wallets, saving: Saving) -> bool:
    """Where a bank is first asked about it: not before the limits allow that (G3)."""
    if not saving.admitted:
        return await _admit(wallets, saving)
    answer = await wallets.processors[saving.biller].attach(
        saving.token, customer=saving.customer, payer=saving.payer_uid, key=_key(wallets, saving, "attach")
    )
    match answer:
        case SavedMethod():
            return _attached(wallets, saving, answer)
        case Refused(reason):
            return _refuse(wallets, saving, reason)
        case Unknown():
            return False


async def _admit(wallets: Wallets, saving: Saving) -> bool:
    by = By("autopay", wallets.clock.now())
    if not within_limits(wallets.db, saving.biller, saving.payer, saving.id, by):
        return False
    match await wallets.processors[saving.biller].look_at(saving.token):
        case SavedMethod(fingerprint=fingerprint, test=test):
            kept = _keyed(wallets, f"{saving.biller_uid}|fingerprint:{fingerprint}") if fingerprint and not test else ""
            return admit(wallets.db, saving.biller, saving.id, kept, by)
        case Refused(reason):
            return _refuse(wallets, saving, reason)
        case Unknown():
            return False


def _attached(wallets: Wallets, saving: Saving, saved: SavedMethod) -> bool:
    with wallets.db.transaction(saving.biller) as tx:
        tx.run(
            """insert into wallet (biller_id, payer_id, customer) values (%(biller)s, %(payer)s, %(customer)s)
               on conflict (payer_id) do nothing""",
            biller=saving.biller,
            payer=saving.payer,
            customer=saved.ref.customer,
        )
        moved = tx.run(
            """update method set state = 'attached', customer = %(customer)s, brand = %(brand)s, last4 = %(last4)s, funding = %(funding)s,
                   exp_month = %(month)s, exp_year = %(year)s, verified = %(verified)s,
                   verification = %(verification)s, verification_link = %(link)s, verify_until = %(until)s
               where id = %(id)s and state = 'offered'""",
            id=saving.id,
            customer=saved.ref.customer,
            brand=saved.brand,
            last4=saved.last4,
            funding=saved.funding.value,
            month=saved.exp_month,
            year=saved.exp_year,
            verified=saved.verified,
            verification=saved.verification.ref if saved.verification else "",
            link=saved.verification.link if saved.verification else "",
            until=None
            if saved.verified
            else wallets.clock.now() + timedelta(days=wallets.processors[saving.biller].caps.proof_days),
        )
    return moved == 1


async def _hold(wallets: Wallets, saving: Saving) -> bool:
    """A card is checked by a small hold; a bank account has none."""
    if saving.kind == Kind.BANK:
        return _finish(wallets, saving, "attached")
    ref = ChargeRef(saving.uid, saving.biller_uid, Initiator.PAYER)
    method = MethodRef(saving.token, saving.customer, Kind(saving.kind))
    amount = Money(HOLD_MINOR, saving.currency)
    match await wallets.processors[saving.biller].hold(method, amount, key=_key(wallets, saving, "hold"), ref=ref):
        case Paid(held, _, network_ref) | Pending(held, network_ref):
            return _holding(wallets, saving, held, network_ref if isinstance(network_ref, str) else "")
        case Declined(reason):
            return _refuse(wallets, saving, reason)
        case Unknown() | NotSent():
            return False
        case _:
            return _refuse(wallets, saving, Reason.NEEDS_AUTHENTICATION)


def _holding(wallets: Wallets, saving: Saving, held: str, network_ref: str) -> bool:
    with wallets.db.transaction(saving.biller) as tx:
        moved = tx.run(
            """update method set state = 'holding', hold_ref = %(ref)s, hold_minor = %(minor)s, hold_placed_at = %(now)s,
                   network_ref = %(network_ref)s where id = %(id)s and state = 'attached'""",
            id=saving.id,
            ref=held,
            minor=HOLD_MINOR,
            now=wallets.clock.now(),
            network_ref=network_ref,
        )
    return moved == 1


async def _release(wallets: Wallets, saving: Saving) -> bool:
    if not await wallets.processors[saving.biller].release(saving.hold_ref):
        return False
    return _finish(wallets, saving, "holding")


def _finish(wallets: Wallets, saving: Saving, was: str) -> bool:
    now: datetime = wallets.clock.now()
    with wallets.db.transaction(saving.biller) as tx:
        tx.run(
            """update method set state = 'usable', retry_at = case when verified then null else %(again)s::timestamptz end,
                   hold_released_at = case when hold_ref <> '' then %(now)s::timestamptz end
               where id = %(id)s and state = %(was)s""",
            id=saving.id,
            was=was,
            now=now,
            again=wallets.clock.machine() + ASK_WHETHER_PROVED,
        )
        _note(wallets, tx, saving, "method usable", method=saving.id)
    return False


def _refuse(wallets: Wallets, saving: Saving, reason: Reason) -> bool:
    with wallets.db.transaction(saving.biller) as tx:
        tx.run(
            """update method set state = 'refused', refused_reason = %(reason)s, retry_at = null
               where id = %(id)s and state in ('offered', 'attached')""",
            id=saving.id,
            reason=reason.value,
        )
        _note(wallets, tx, saving, "method refused", reason=reason.value)
    return False


async def _forget(wallets: Wallets, saving: Saving) -> bool:
    if await wallets.processors[saving.biller].forget(MethodRef(saving.token, saving.customer, Kind(saving.kind))):
        with wallets.db.transaction(saving.biller) as tx:
            tx.run("update method set retry_at = null where id = %(id)s and state = 'detached'", id=saving.id)
    return False


def _note(wallets: Wallets, tx: Tx, saving: Saving, action: str, **data: object) -> None:
    note(tx, saving.biller, By("processor", wallets.clock.now()), action, ("payer", saving.payer), **data)


def _key(wallets: Wallets, saving: Saving, step: str) -> str:
    return _keyed(wallets, f"{saving.biller_uid}|method:{saving.uid}|{step}")


def _keyed(wallets: Wallets, text: str) -> str:
    return hmac.new(wallets.secret, text.encode(), hashlib.sha256).hexdigest()


STEPS = {"offered": _attach, "attached": _hold, "holding": _release, "detached": _forget}
