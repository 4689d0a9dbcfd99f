"""The contract with the payment company, as a person types it in. Without one, fees are not checked, and every report says so."""

from __future__ import annotations

from dataclasses import asdict

from autopay.database import Tx
from autopay.journal.write import By, note
from autopay.reconciliation.fees import Rates
from autopay.refusal import Refusal

ADD = """
    insert into fee_rates (biller_id, since, currency, card_points, card_fixed, bank_points, bank_fixed, bank_cap, dispute_fixed)
    values (%(biller)s, %(since)s, %(currency)s, %(card_points)s, %(card_fixed)s, %(bank_points)s, %(bank_fixed)s, %(bank_cap)s,
            %(dispute_fixed)s)
    on conflict do nothing returning id
"""


def set_rates(tx: Tx, biller: int, rates: Rates, by: By) -> None:
    """They hold from `rates.since` on; what was before stays. Raises Refusal for a date that has rates, or rates that cannot be."""
    sums = (rates.card_fixed, rates.bank_fixed, rates.dispute_fixed, rates.bank_cap or 0)
    if not (0 <= rates.card_points <= 10_000 and 0 <= rates.bank_points <= 10_000) or min(sums) < 0:
        raise Refusal("rates", "Rates are 0 to 10000 basis points, sums 0 or more minor units.")
    row = asdict(rates)
    if tx.value(ADD, biller=biller, **row) is None:
        raise Refusal("since", "There are rates from %(since)s on already. Give a later date.", since=rates.since)
    note(tx, biller, by, "fee rates set", ("biller", biller), **row)
