"""What `on_invoice.decide` says about a payer, as SQL: who is on, and what stands in the way of a charge. For lists and sums over many payers.

The rule is `decide`; this is its shadow. A test asks both about every combination of facts, so that they cannot drift apart.
Fragments of a statement in one tenant's transaction, over `payer p`; the names of their joins are a, m.
"""

from __future__ import annotations

from autopay.charging.charge import Why

# `offset 0` keeps each a question about one payer, asked in the order of the list: the planner may not join everybody instead.
JOINS = """
    join lateral (select a.switch from agreement a where a.payer_id = p.id offset 0) a on true
    left join lateral (select m.id, m.verified from method m where m.payer_id = p.id and m.is_default offset 0) m on true
"""
COMPANY_ON = '(select "on" from company_switch)'
QUARANTINED = "(select not sending_allowed())"
CONNECTED = "(select exists (select from processor_account where connected))"
CONSENTED = """coalesce((select true from consent k where k.method_id = m.id
                          and not exists (select from consent_end e where e.consent_id = k.id) limit 1), false)"""
"""A question of one row, so that it is asked of those who are looked at and not of everybody."""

AGREED = """coalesce(m.id in (select k.method_id from consent k
                          where not exists (select from consent_end e where e.consent_id = k.id)), false)"""


def switched_on(switch: str, company_on: str) -> str:
    """Both as SQL: the payer's own switch, and whether the company's is on."""
    return f"({switch} = 'on' or ({switch} = 'follow' and {company_on}))"


def obstacle(method: str, verified: str, consented: str, connected: str) -> str:
    """All as SQL: an expression for the Why of a payer who is on, and null where a charge could run."""
    return f"""case
        when {method} is null then case when {connected} then '{Why.NO_DEFAULT}' else '{Why.NO_PROCESSOR}' end
        when not {consented} then '{Why.NO_CONSENT}'
        when {QUARANTINED} then '{Why.QUARANTINE}'
        when not {connected} then '{Why.NO_PROCESSOR}'
        when not {verified} then '{Why.BEING_VERIFIED}' end"""


ON = switched_on("a.switch", COMPANY_ON)
OBSTACLE = obstacle("m.id", "m.verified", CONSENTED, CONNECTED)
OBSTACLE_OF_ALL = obstacle("m.id", "m.verified", AGREED, CONNECTED)
"""The same for a sum over everybody."""
STANDS = {
    "on": ON,
    "stuck": f"{ON} and {OBSTACLE} is not null",
    "off": f"not {ON}",
    "follow": "a.switch = 'follow'",
}
"""Conditions by the names the lists' filters have."""

# Who is stuck is among these: a first sieve over everybody at once, for a list in which few are left. It changes no answer, and is tested.
UNABLE = """and not exists (
    select from method g join processor_account a on a.biller_id = g.biller_id and a.connected
    join consent k on k.biller_id = g.biller_id and k.method_id = g.id left join consent_end e on e.consent_id = k.id
    where g.payer_id = p.id and g.is_default and g.verified and e.consent_id is null and (select sending_allowed()))"""
