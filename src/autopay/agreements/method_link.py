"""The single-use link by which a payer adds a card or bank account and agrees to Auto-Pay, without a log-in (V28).

The office makes it, the payer uses it: the card is typed in the payment company's fields, the consent is the payer's own. A new link
replaces the one before; it ends after seven days, or when it is withdrawn. The token is derived as an invitation's is: decision 19.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from autopay.agreements.consent import Signature, record_consent
from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.parties.create import INVITED_FOR
from autopay.parties.invitations import token_of
from autopay.refusal import Refusal, sentence
from autopay.wallet.default import make_default, take_out

USE = b"method links"
OPEN = "used_at is null and withdrawn_at is null"
GONE = sentence("This link was used, replaced or withdrawn. Nothing was saved. Ask the office for a new one.")


@dataclass(frozen=True, slots=True)
class Wish:
    """`email` is where the link is mailed; empty: it is shown once, to be handed over. `default`: what is saved becomes the default."""

    payer: int
    email: str = ""
    default: bool = True


@dataclass(frozen=True, slots=True)
class Link:
    """A link that can still be used, or was used by `method`."""

    id: int
    uid: UUID
    payer: int
    email: str
    makes_default: bool
    made_at: datetime
    expires_at: datetime
    method: int | None


FIND = """
    select id, uid, payer_id as payer, email, makes_default, made_at, expires_at, method_id as method from method_link
    where token_sha256 = %(hash)s and withdrawn_at is null and (used_at is not null or expires_at > %(now)s)
"""
WAITING = f"""
    select id, uid, payer_id as payer, email, makes_default, made_at, expires_at, method_id as method from method_link
    where payer_id = %(payer)s and {OPEN} and expires_at > %(now)s
"""


def make_link(db: Database, biller: int, wish: Wish, by: By, installation_secret: bytes) -> str:
    """Returns the token. Mailed, it is derived again when the mail goes out; handed over, it can never be made again."""
    seed = secrets.token_bytes(32)
    token = token_of(seed, installation_secret, USE)
    with db.transaction(biller) as tx:
        tx.run("select payer_id from agreement where payer_id = %(payer)s for no key update", payer=wish.payer)
        _end(tx, wish.payer, by)
        made: int = tx.value(
            """insert into method_link (biller_id, payer_id, email, token_sha256, seed, makes_default, made_at, made_by, expires_at)
               values (%(biller)s, %(payer)s, %(email)s, %(hash)s, %(seed)s, %(default)s, %(now)s, %(actor)s, %(until)s) returning id""",
            biller=biller,
            payer=wish.payer,
            email=wish.email.lower(),
            hash=_hash(token),
            seed=seed if wish.email else b"",
            default=wish.default,
            now=by.at,
            actor=by.actor,
            until=by.at + INVITED_FOR,
        )
        note(tx, biller, by, "method link sent" if wish.email else "method link shown", ("method_link", made))
    return token


def withdraw_link(db: Database, biller: int, payer: int, by: By) -> None:
    """Raises Refusal if there is none that could be used."""
    with db.transaction(biller) as tx:
        tx.run("select payer_id from agreement where payer_id = %(payer)s for no key update", payer=payer)
        ended = _end(tx, payer, by)
        if not ended:
            raise Refusal("gone", "This link was used or withdrawn meanwhile.")
        note(tx, biller, by, "method link withdrawn", ("method_link", ended[0]))


def waiting_link(tx: Tx, payer: int, now: datetime) -> Link | None:
    """The one that can still be used."""
    return tx.one(Link, WAITING, payer=payer, now=now)


def find_link(tx: Tx, token: str, now: datetime) -> Link | None:
    """None for one that never was, is over, or was withdrawn. A used one is found: whoever presses twice is told the same."""
    return tx.one(Link, FIND, hash=_hash(token), now=now)


def use_link(db: Database, biller: int, token: str, method: int, signature: Signature, by: By) -> None:
    """`method` was just saved by the payer; with it the link is used up and the consent recorded, or nothing of it.

    Done twice with one method, it is done once. Raises Refusal when the link is over by now: then the method is let go again, because
    nobody agreed to anything.
    """
    with db.transaction(biller) as tx:
        link = tx.one(Link, FIND + " for update", hash=_hash(token), now=by.at)
        if link is not None and link.method == method:
            return
        if link is None or link.method is not None:
            _let_go(tx, biller, method, by)
        else:
            record_consent(tx, biller, method, signature, by)
            if link.makes_default:
                make_default(tx, biller, method, by)
            tx.run(
                "update method_link set used_at = %(now)s, method_id = %(method)s where id = %(id)s",
                now=by.at,
                method=method,
                id=link.id,
            )
            note(tx, biller, by, "method link used", ("method_link", link.id), method=method)
            return
    raise Refusal("gone", GONE)


def _let_go(tx: Tx, biller: int, method: int, by: By) -> None:
    """What was typed for nothing is not kept; what somebody agreed to before stays."""
    agreed = """select 1 from consent c where c.method_id = %(method)s
                and not exists (select from consent_end e where e.consent_id = c.id)"""
    if not tx.value(agreed, method=method):
        take_out(tx, biller, method, by)


def _end(tx: Tx, payer: int, by: By) -> list[int]:
    return tx.column(
        f"update method_link set withdrawn_at = %(now)s where payer_id = %(payer)s and {OPEN} returning id",
        now=by.at,
        payer=payer,
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
