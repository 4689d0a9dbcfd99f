"""Write down who did what, in the transaction of the deed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from autopay.database import Tx


@dataclass(frozen=True, slots=True)
class By:
    """Who does it and when: `actor` such as 'user:7', 'autopay', 'cli'; `at` the business instant."""

    actor: str
    at: datetime
    network: str = ""
    """The network a person on the web came from; empty for everybody else. Limits count by it; the journal does not keep it."""


def note(tx: Tx, biller: int, by: By, action: str, subject: tuple[str, int], **data: Any) -> int:
    """`subject` is (table, id). No patient data, no card data in `data`. Returns the entry's id, the reference shown to people."""
    entry: int = tx.value(
        """insert into journal_entry (biller_id, at, actor, action, object, object_id, data)
           values (%(biller)s, %(at)s, %(actor)s, %(action)s, %(object)s, %(id)s, %(data)s::jsonb) returning id""",
        biller=biller,
        at=by.at,
        actor=by.actor,
        action=action,
        object=subject[0],
        id=subject[1],
        data=json.dumps(data, default=str),
    )
    return entry
