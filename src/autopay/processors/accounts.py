"""A biller's processor account: its keys encrypted under the installation secret, and the adapter made from them (rule Z1)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from cryptography.fernet import Fernet

from autopay.database import Database, Tx, in_transaction
from autopay.processors import pace
from autopay.processors.protocol import Processor
from autopay.processors.registry import AccountSettings, open_processor

CONNECTIONS = 50


@dataclass(frozen=True, slots=True)
class Keys:
    """As the processor gave them; never logged, never shown again."""

    api_base: str
    publishable: str
    secret: str
    webhook: str
    adapter: str = "stripe"


def connect(tx: Tx, biller: int, keys: Keys, installation_secret: bytes) -> None:
    """Store or replace the biller's account. Test keys and live keys never stand side by side in one demo (start-up checks it)."""
    box = _box(installation_secret)
    tx.run(
        """insert into processor_account (biller_id, adapter, api_base, publishable_key, secret_key, webhook_secret, connected)
           values (%(biller)s, %(adapter)s, %(base)s, %(publishable)s, %(secret)s, %(webhook)s, true)
           on conflict (biller_id) do update set adapter = excluded.adapter, api_base = excluded.api_base, connected = true,
               publishable_key = excluded.publishable_key, secret_key = excluded.secret_key, webhook_secret = excluded.webhook_secret""",
        biller=biller,
        adapter=keys.adapter,
        base=keys.api_base,
        publishable=keys.publishable,
        secret=box.encrypt(keys.secret.encode()),
        webhook=box.encrypt(keys.webhook.encode()),
    )
    pace.connected(tx, biller, keys.api_base)


class Processors(dict[int, Processor]):
    """Adapters by biller id, made on first use and kept: their connections stay open. They belong to one event loop.

    Keys that were replaced are noticed by `renew`; a call under way ends on the adapter it began with. `connections`: to each, at most.
    """

    def __init__(self, db: Database, installation_secret: bytes, connections: int = CONNECTIONS) -> None:
        super().__init__()
        self._db, self._secret, self._connections = db, installation_secret, connections
        self._keys: dict[int, Keys] = {}
        self._replaced: list[Processor] = []

    def __missing__(self, biller: int) -> Processor:
        keys = stored_keys(self._db, biller, self._secret)
        if keys is None:
            raise LookupError(f"biller {biller} has no processor account")
        self._keys[biller], self[biller] = keys, _adapter(keys, self._connections)
        return self[biller]

    def renew(self) -> int:
        """Put aside the adapters whose keys are no longer the stored ones; the next use makes a new one. Returns how many."""
        old = [biller for biller in list(self) if stored_keys(self._db, biller, self._secret) != self._keys.get(biller)]
        for biller in old:
            self._replaced.append(self.pop(biller))
        return len(old)

    async def close(self) -> None:
        for processor in (*self.values(), *self._replaced):
            await processor.close()
        self.clear()
        self._replaced.clear()


def _adapter(keys: Keys, connections: int) -> Processor:
    webhooks = (keys.webhook,) if keys.webhook else ()
    return open_processor(AccountSettings(keys.adapter, keys.secret, webhooks, keys.api_base, connections), in_transaction)


def keys_of(db: Database, biller: int, installation_secret: bytes) -> Keys | None:
    """Of the connected account; None if there is none, or if it is disconnected."""
    return stored_keys(db, biller, installation_secret, connected=True)


def stored_keys(db: Database, biller: int, installation_secret: bytes, *, connected: bool = False) -> Keys | None:
    """Also of a disconnected account: what was sent before is still asked about."""
    with db.transaction(biller) as tx:
        row = tx.record(
            """select adapter, api_base, publishable_key, secret_key, webhook_secret from processor_account
               where biller_id = %(biller)s and (connected or not %(connected)s)""",
            biller=biller,
            connected=connected,
        )
    if row is None:
        return None
    box = _box(installation_secret)
    secret, webhook = (box.decrypt(bytes(row[name])).decode() for name in ("secret_key", "webhook_secret"))
    return Keys(row["api_base"], row["publishable_key"], secret, webhook, row["adapter"])


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a connected account a page may show. Empty `api_base` means the processor's own."""

    adapter: str
    api_base: str
    publishable: str


def shown_of(db: Database, biller: int) -> Shown | None:
    """Nothing is decrypted for it."""
    with db.transaction(biller) as tx:
        return tx.one(
            Shown,
            """select adapter, api_base, publishable_key as publishable from processor_account
               where biller_id = %(biller)s and connected""",
            biller=biller,
        )


def _box(installation_secret: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"processor keys:" + installation_secret).digest()))
