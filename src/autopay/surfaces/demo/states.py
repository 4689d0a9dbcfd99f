"""`/demo/states/`: the catalogue as a table, and the address of each state, which opens the real page made by the real view."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import groupby
from uuid import UUID

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import resolve

from autopay.charging import pay_link
from autopay.charging.approve import Asked, ticket
from autopay.clock import local_date
from autopay.demo_states.accounts import SOURCE, owner_of, staff_of
from autopay.demo_states.history import ZONE
from autopay.parties.models import Membership
from autopay.running import clock
from autopay.surfaces.demo.catalogue import LINES, PAGES, Line, Page
from autopay.surfaces.demo.catalogue.line import HOUSES
from autopay.surfaces.demo.guard import demo_only
from autopay.tenancy import tenant_transaction

BY_ADDRESS = {(each.page, each.state): each for each in LINES}
THINGS = """
    select payer.id as payer_id, payer.uid as payer,
           newest.uid as bill, newest.total - newest.captured + newest.returned - newest.elsewhere as open,
           (select c.uid from charge c where c.payer_id = payer.id and c.state in ('paid', 'returned') order by c.id desc limit 1) as receipt,
           (select c.uid from charge c where c.payer_id = payer.id order by c.id desc limit 1) as charge,
           (select max(e.id) from journal_entry e
            where e.object = 'payer' and e.object_id = payer.id and e.action = 'auto-pay off') as cancellation,
           coalesce((select string_agg('bill=' || i.uid, '&') from invoice i where i.payer_id = payer.id), '') as basket,
           (select m.uid from method m where m.payer_id = payer.id order by m.is_default desc, m.id limit 1) as method,
           (select p.uid from selection s join product p on p.id = s.product_id where s.payer_id = payer.id order by p.id limit 1) as product,
           (select p.uid from product p where not exists (
               select from selection s where s.payer_id = payer.id and s.product_id = p.id) order by p.id limit 1) as unused
    from payer
    left join lateral (select i.* from invoice i where i.payer_id = payer.id order by i.number desc limit 1) newest on true
    where payer.source = %(source)s and payer.external_id = %(account)s
"""


@dataclass(frozen=True, slots=True)
class _Things:
    payer_id: int | None
    payer: UUID | None
    bill: UUID | None
    open: int | None
    receipt: UUID | None
    charge: UUID | None
    cancellation: int | None
    basket: str | None
    method: UUID | None
    product: UUID | None
    unused: UUID | None


NOTHING = _Things(*[None] * len(_Things.__slots__))


@demo_only
def states(request: HttpRequest) -> HttpResponse:
    """Every page with its states; and how many days ago they were made, since what depends on the date goes on with the clock."""
    pages = [(PAGES[slug], list(lines)) for slug, lines in groupby(sorted(LINES, key=_place), key=lambda line: line.page)]
    return render(request, "demo/states.html", {"pages": pages, "count": len(LINES), "days": _days_old()})


@demo_only
def state(request: HttpRequest, page: str, state: str) -> HttpResponseBase:
    """Log the catalogue's person in as this account's owner, then open the page; or show what it answers to what was posted."""
    line = BY_ADDRESS.get((page, state))
    if line is None:
        raise Http404
    membership, things = _find(line)
    _enter(request, membership)
    address = _address(PAGES[page], things, membership)
    return _answer(request, address, line) if line.posted else redirect(address)


def _place(line: Line) -> int:
    return list(PAGES).index(line.page)


def _days_old() -> int:
    membership = Membership.objects.filter(user__email=staff_of("catalogue")).first()
    if membership is None:
        raise Http404
    with tenant_transaction(membership.biller_id) as tx:
        made = tx.value("select max(as_of) from balance")
    return (clock().today(ZONE) - local_date(made, ZONE)).days


def _find(line: Line) -> tuple[Membership, _Things]:
    """Who sees this state: the account's owner, or the staff of its vendor."""
    if line.of.startswith("@"):
        return Membership.objects.select_related("user").get(user__email=staff_of(line.of[1:])), NOTHING
    email = staff_of(HOUSES[line.of]) if PAGES[line.page].staff else owner_of(line.of)
    mine = Membership.objects.select_related("user").filter(user__email=email)
    for membership in mine:
        with tenant_transaction(membership.biller_id) as tx:
            things = tx.one(_Things, THINGS, source=SOURCE, account=line.of)
        if things and membership.payer_id in (None, things.payer_id):
            return membership, things
    raise Http404


def _enter(request: HttpRequest, membership: Membership) -> None:
    if request.user.pk != membership.user_id:
        login(request, membership.user, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session["membership"] = membership.pk


def _address(page: Page, things: _Things, membership: Membership) -> str:
    asked = Asked(membership.biller_id, str(things.payer), things.open or 0)
    told = asdict(things) | {"ticket": ticket(asked), "basket": f"{things.basket}&with-{things.payer}={things.method}"}
    to_pay = pay_link.ticket(pay_link.Asked(membership.biller_id, str(things.bill)))
    return page.address.format(**told, pay_ticket=to_pay)


def _answer(request: HttpRequest, address: str, line: Line) -> HttpResponseBase:
    """The page's own view, given what a person would have sent. Nothing of it is saved: each of these is refused by a row or a rule."""
    found = resolve(address)
    sent = QueryDict(mutable=True)
    sent.update(dict(line.posted))
    request.method, request.POST, request.path, request.path_info = "POST", sent, address, address  # type: ignore[assignment]
    request.resolver_match = found
    answer: HttpResponseBase = found.func(request, *found.args, **found.kwargs)
    return answer
