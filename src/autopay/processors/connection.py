"""A biller's connection to its payment company: replace keys, disconnect, connect again (A64, rule Z1).

Disconnected, nothing new is sent: charges stay due, refunds too. What was sent before is still asked about, so the keys are kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.processors.accounts import Keys, connect
from autopay.refusal import Refusal

TEST, LIVE = "test", "live"


@dataclass(frozen=True, slots=True)
class Connection:
    """What may be shown: never a secret. `mode` is test or live. `webhooks`: a signing secret is set."""

    adapter: str
    api_base: str
    publishable: str
    webhooks: bool
    connected: bool

    @property
    def mode(self) -> str:
        return mode_of(self.publishable)


def connection(tx: Tx) -> Connection | None:
    """None before the first keys."""
    return tx.one(
        Connection,
        """select adapter, api_base, publishable_key as publishable, length(webhook_secret) > 0 as webhooks, connected
           from processor_account""",
    )


def mode_of(key: str) -> str:
    """`test`, `live`, or empty for what is no key."""
    return next((mode for mode in (TEST, LIVE) if f"_{mode}_" in key[:8]), "")


def replace_keys(db: Database, biller: int, keys: Keys, by: By, installation_secret: bytes, *, demo: bool) -> None:
    """Store them encrypted and connect. An empty webhook secret keeps the one before. Raises Refusal named after the field."""
    _must_fit(keys, demo)
    with db.transaction(biller) as tx:
        before = _locked(tx)
        kept = tx.value("select webhook_secret from processor_account") if before and not keys.webhook else None
        connect(tx, biller, keys, installation_secret)
        if kept is not None:
            tx.run(
                "update processor_account set webhook_secret = %(kept)s where biller_id = %(biller)s", kept=kept, biller=biller
            )
        note(tx, biller, by, "processor keys replaced", ("biller", biller), adapter=keys.adapter, mode=mode_of(keys.secret))


def set_connected(db: Database, biller: int, on: bool, by: By) -> bool:
    """Disconnect, or connect again with the keys there are. Returns whether anything changed. Raises Refusal where there are none."""
    with db.transaction(biller) as tx:
        before = _locked(tx)
        if before is None:
            raise Refusal("keys", "There are no keys yet. Type them first.")
        if before.connected is on:
            return False
        tx.run("update processor_account set connected = %(on)s where biller_id = %(biller)s", on=on, biller=biller)
        note(tx, biller, by, "processor connected" if on else "processor disconnected", ("biller", biller))
    return True


def forget_accounts(tx: Tx, by: By) -> int:
    """Run as the owner, on a copy of the books: no biller has keys any more, so nothing can reach a payment company. Returns how many had."""
    billers = tx.column("delete from processor_account returning biller_id")
    for biller in billers:
        note(tx, biller, by, "processor keys forgotten", ("biller", biller))
    return len(billers)


def _locked(tx: Tx) -> Connection | None:
    tx.run("select biller_id from processor_account for update")
    return connection(tx)


def _must_fit(keys: Keys, demo: bool) -> None:
    if not keys.publishable.startswith("pk_") or not mode_of(keys.publishable):
        raise Refusal("publishable", "A publishable key begins with pk_test_ or pk_live_.")
    if not keys.secret.startswith(("sk_", "rk_")) or not mode_of(keys.secret):
        raise Refusal("secret", "A secret key begins with sk_ or rk_, and then test_ or live_.")
    if mode_of(keys.secret) != mode_of(keys.publishable):
        raise Refusal("secret", "One of these keys is for tests and the other is live. Both must be of one kind.")
    if demo and LIVE in (mode_of(keys.secret), mode_of(keys.publishable)):
        raise Refusal("secret", "This is a demo. A live key would move real money, so it is refused here.")
    if keys.webhook and not keys.webhook.startswith("whsec_"):
        raise Refusal("webhook", "A webhook signing secret begins with whsec_.")
