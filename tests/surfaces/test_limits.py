"""How often a method may be tried before the payment company is asked (rule G3)."""

from __future__ import annotations

from itertools import count

from autopay.processors.protocol import Kind
from autopay.tenancy import WebDatabase
from autopay.wallet.limits import within_limits
from autopay.wallet.save import offer
from tests.surfaces.house import House

_tokens = count(1)


def tried(house: House, payer: int) -> bool:
    """One offered method; let through, the bank then says no."""
    method = offer(WebDatabase(), house.id, payer, Kind.CARD, f"pm_try_{next(_tokens)}", house.by())
    let_through = within_limits(WebDatabase(), house.id, payer, method, house.by())
    if let_through:
        house.run("update method set state = 'refused', refused_reason = 'declined' where id = %(m)s", m=method)
    return let_through


def test_G3_a_payer_is_refused_three_times_an_hour_and_five_times_a_day(vendor: House) -> None:
    payer = vendor.payer("Green Valley", kind="account")
    assert [tried(vendor, payer) for _ in range(5)] == [True, True, True, False, False]
    vendor.run("update method set created_at = created_at - interval '2 hours'")
    assert [tried(vendor, payer) for _ in range(3)] == [True, True, False]


def test_G3_G5_many_accounts_get_thirty_refusals_an_hour_together_and_a_known_payer_still_passes(
    vendor: House, agency: House
) -> None:
    known = vendor.payer("Lakeside", kind="account")
    vendor.card(known)
    bots = [vendor.payer(f"Bot {n}", kind="account") for n in range(40)]
    assert sum(tried(vendor, bot) for bot in bots) == 30
    assert tried(vendor, known)
    assert tried(agency, agency.payer("Maria Alvarez"))
