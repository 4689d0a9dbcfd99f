"""Staff and roles, invitations, people of accounts and patients, and who may do what (A64, V29). Office and console show the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from autopay.conf import conf
from autopay.database import Tx
from autopay.parties.create import sort_key
from autopay.parties.invitations import Wish, invite_by_mail, send_again, withdraw
from autopay.parties.models import Role
from autopay.parties.permissions import ALLOWED, Act
from autopay.parties.staff import STAFF, change_role, end_membership
from autopay.refusal import Refusal
from autopay.sentences import refused
from autopay.surfaces.shared.biller import biller
from autopay.surfaces.shared.house_place import HousePlace
from autopay.surfaces.shared.people_forms import InviteForm, RoleForm
from autopay.surfaces.shared.visitor import Visitor
from autopay.tenancy import WebDatabase

PEOPLE = """
    select m.id, m.user_id as user, trim(u.first_name || ' ' || u.last_name) as name, u.email, m.role,
           coalesce(p.name, c.name) as account, u.last_login
    from membership m join app_user u on u.id = m.user_id left join payer p on p.id = m.payer_id
    left join billing_contact c on c.id = m.contact_id
    where m.biller_id = %(biller)s and (m.role = any(%(roles)s::text[]))
      and (%(id)s::bigint is null or m.id = %(id)s::bigint)
      and (lower(u.email) like %(like)s or p.sort_key like %(like)s or lower(c.name) like %(like)s)
    order by array_position(%(roles)s::text[], m.role::text), p.sort_key, u.email limit %(limit)s
"""
INVITED = """
    select i.id, i.uid, i.email, i.role, coalesce(p.name, c.name) as account, i.made_at, i.expires_at, i.expires_at <= %(now)s as over,
           trim(u.first_name || ' ' || u.last_name) as by
    from invitation i left join payer p on p.id = i.payer_id left join billing_contact c on c.id = i.contact_id
    left join app_user u on 'user:' || u.id = i.invited_by
    where i.accepted_at is null and i.withdrawn_at is null order by i.made_at desc, i.id desc
"""
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    user: int
    name: str
    email: str
    role: str
    account: str | None
    last_login: datetime | None

    @property
    def role_name(self) -> str:
        return str(Role(self.role).label)


@dataclass(frozen=True, slots=True)
class Invited:
    id: int
    uid: UUID
    email: str
    role: str
    account: str | None
    made_at: datetime
    expires_at: datetime
    over: bool
    by: str | None

    @property
    def role_name(self) -> str:
        return str(Role(self.role).label)


def people(request: HttpRequest, visitor: Visitor, place: HousePlace) -> HttpResponse:
    visitor.must_be_allowed(Act.STAFF)
    wanted = request.GET.get("q", "").strip()
    with visitor.reading() as tx:
        page: dict[str, object] = {"visitor": visitor, "biller": biller(tx), "wanted": wanted}
        page["staff"] = _people(tx, visitor, STAFF)
        page["others"] = _people(tx, visitor, place.outside, wanted)
        page["invited"] = tx.all(Invited, INVITED, now=visitor.now)
    return render(request, "house/people.html", page | place.page | {"limit": SHOWN})


def permissions(request: HttpRequest, visitor: Visitor, place: HousePlace) -> HttpResponse:
    """The one permission table, as it is asked by every page."""
    visitor.must_be_allowed(Act.SEE_PAYERS)
    with visitor.reading() as tx:
        house = biller(tx)
    roles = (*STAFF, *place.outside)
    table = [
        (act.value.capitalize(), [act in ALLOWED[role] for role in roles]) for act in Act if any(act in ALLOWED[r] for r in roles)
    ]
    page = {"visitor": visitor, "biller": house, "roles": [role.label for role in roles], "table": table}
    may = {"may_settings": visitor.may(Act.STAFF), "reads_books": visitor.may(Act.REPORTS)}
    return render(request, "house/permissions.html", page | place.page | may)


def role(request: HttpRequest, visitor: Visitor, place: HousePlace, member: int) -> HttpResponse:
    visitor.must_be_allowed(Act.STAFF)
    with visitor.reading() as tx:
        house, person = biller(tx), _person(tx, visitor, place, member)
    if person.role not in STAFF:
        raise Http404
    form = RoleForm(request.POST if request.method == "POST" else None, initial={"role": person.role})
    if form.is_bound and form.is_valid():
        try:
            change_role(WebDatabase(), visitor.biller, member, Role(form.cleaned_data["role"]), visitor.by)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            told = {"who": person.name or person.email, "role": Role(form.cleaned_data["role"]).label}
            messages.success(request, _("%(who)s is %(role)s now.") % told)
            return redirect(place.name("people"))
    page = place.page | {"visitor": visitor, "biller": house, "person": person, "form": form}
    return render(request, "house/role.html", page, status=422 if form.errors else 200)


def end(request: HttpRequest, visitor: Visitor, place: HousePlace, member: int) -> HttpResponse:
    """First a page that says what it means, then the deed."""
    visitor.must_be_allowed(Act.STAFF)
    with visitor.reading() as tx:
        house, person = biller(tx), _person(tx, visitor, place, member)
    if request.method != "POST":
        return render(request, "house/end_membership.html", place.page | {"visitor": visitor, "biller": house, "person": person})
    try:
        end_membership(WebDatabase(), visitor.biller, member, visitor.by)
        messages.success(request, _("%(who)s has no access any more.") % {"who": person.name or person.email})
    except Refusal as refusal:
        messages.warning(request, refused(refusal))
    except LookupError:
        messages.warning(request, _("This person was removed meanwhile."))
    return redirect(place.name("people"))


def invite(request: HttpRequest, visitor: Visitor, place: HousePlace) -> HttpResponse:
    visitor.must_be_allowed(Act.STAFF)
    with visitor.reading() as tx:
        house = biller(tx)
        form = InviteForm(
            tx, place.outside, request.POST if request.method == "POST" else None, initial=dict(request.GET.items())
        )
        asked = form.is_bound and form.is_valid()
    if asked:
        given = form.cleaned_data
        wish = Wish(given["email"], Role(given["role"]), form.payer, form.contact)
        try:
            invite_by_mail(WebDatabase(), visitor.biller, wish, visitor.by, conf().secret)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            messages.success(request, _("We are sending an invitation to %(email)s. It can be used once, for 7 days.") % given)
            return redirect(place.name("people"))
    page = place.page | {"visitor": visitor, "biller": house, "form": form}
    return render(request, "house/invite.html", page, status=422 if form.errors else 200)


def invitation(request: HttpRequest, visitor: Visitor, place: HousePlace, uid: UUID) -> HttpResponse:
    """POST only: withdraw it, or send it again under a new link."""
    visitor.must_be_allowed(Act.STAFF)
    with visitor.reading() as tx:
        found = next((each for each in tx.all(Invited, INVITED, now=visitor.now) if each.uid == uid), None)
        known = tx.value("select id from invitation where uid = %(uid)s", uid=uid)
    if request.method != "POST" or known is None:
        raise Http404
    if found is None:
        messages.warning(request, _("This invitation was used or withdrawn meanwhile. Nothing was sent."))
        return redirect(place.name("people"))
    try:
        if request.POST.get("then") == "again":
            to = send_again(WebDatabase(), visitor.biller, found.id, visitor.by, conf().secret)
            messages.success(request, _("We are sending a new link to %(email)s. The old one leads nowhere now.") % {"email": to})
        else:
            to = withdraw(WebDatabase(), visitor.biller, found.id, visitor.by)
            messages.success(request, _("The invitation of %(email)s was withdrawn. Its link leads nowhere now.") % {"email": to})
    except Refusal as refusal:
        messages.warning(request, refused(refusal))
    return redirect(place.name("people"))


def _people(tx: Tx, visitor: Visitor, roles: tuple[Role, ...], like: str = "", member: int | None = None) -> list[Person]:
    """Memberships stand outside tenants: the statement names the biller."""
    names, plain = [each.value for each in roles], sort_key(like).replace("%", "").replace("_", "")
    limit = None if Role.OWNER in roles else SHOWN
    return tx.all(Person, PEOPLE, biller=visitor.biller, roles=names, like=f"%{plain}%", id=member, limit=limit)


def _person(tx: Tx, visitor: Visitor, place: HousePlace, member: int) -> Person:
    found = _people(tx, visitor, (*STAFF, *place.outside), member=member)
    if not found:
        raise Http404
    return found[0]
