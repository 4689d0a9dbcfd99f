"""Queued notices go to the mail server: at least once, under a name that makes a second copy recognisable (M9).

Taking a notice sets its next try first, so a worker that dies while it sends leaves it to the others. Nothing here touches money.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime, formataddr
from smtplib import SMTPRecipientsRefused, SMTPSenderRefused
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from autopay.agreements.method_link import USE
from autopay.charging.on_invoice import NOTICE
from autopay.clock import Clock
from autopay.conf import conf
from autopay.database import Database
from autopay.notices.invitation import TOKEN
from autopay.notices.letter import Kind
from autopay.parties.invitations import token_of

log = structlog.get_logger()
PAUSES = [timedelta(minutes=m) for m in (5, 15, 60, 240)]
GIVE_UP = timedelta(days=3)
"""Older news is sent to nobody: it would be told as if it were new. The page has it."""

TAKE = """
    with next as (select id from notice where state = 'queued' and try_at <= %(machine)s
                  order by try_at limit %(limit)s for update skip locked),
    taken as (
        update notice n set tries = n.tries + 1,
               try_at = %(machine)s + (%(pauses)s::interval[])[least(n.tries + 1, cardinality(%(pauses)s::interval[]))]
        from next where n.id = next.id returning n.*)
    select t.id, t.uid, t.at, t."to", t.subject, t.text, t.html, b.name as payee, b.email as reply_to, coalesce(i.seed, l.seed) as seed,
           t.kind
    from taken t join biller b on b.id = t.biller_id left join invitation i on t.kind = 'invitation' and i.id = t.object_id
    left join method_link l on t.kind = 'method link' and l.id = t.object_id order by t.id
"""
OVERTAKEN = """
    update notice n set state = 'failed', error = 'invitation over' from invitation i
    where n.state = 'queued' and n.kind = 'invitation' and i.id = n.object_id and (i.accepted_at is not null or i.withdrawn_at is not null)
"""
REPLACED = """
    update notice n set state = 'failed', error = 'link over' from method_link l
    where n.state = 'queued' and n.kind = 'method link' and l.id = n.object_id and (l.used_at is not null or l.withdrawn_at is not null)
"""
"""A link that leads nowhere is not sent."""
EXPIRE = "update notice set state = 'failed' where state = 'queued' and made_at < now() - %(give_up)s::interval"
SENT = "update notice set state = 'sent', sent_at = %(machine)s, error = '' where id = %(id)s and state = 'queued'"
ANNOUNCED = """
    update invoice i set noticed_on = (%(now)s at time zone b.zone)::date,
           why_until = case i.why when 'notice_first' then (%(now)s at time zone b.zone)::date + %(notice)s::interval else i.why_until end
    from notice n join journal_entry e on n.object = 'journal_entry' and e.id = n.object_id join biller b on b.id = n.biller_id
    where n.id = %(id)s and n.kind = 'announced' and i.id = e.object_id and i.noticed_on is null
      and (e.data ->> 'minor')::bigint = i.total - i.captured + i.returned - i.elsewhere
"""
"""The ten days before a consumer's debit count from the day on which its payer was told, and of that amount (E6)."""
FAULT = "update notice set error = %(error)s, state = case when %(final)s then 'failed' else state end where id = %(id)s and state = 'queued'"


@dataclass(frozen=True, slots=True)
class Mail:
    """A notice that was taken. `at` is the business instant of what it tells."""

    id: int
    uid: UUID
    at: datetime
    to: str
    subject: str
    text: str
    html: str
    payee: str
    reply_to: str
    seed: bytes | None = None
    """Of a single-use link: its token is made from it when it is sent."""
    kind: str = Kind.INVITATION


Send = Callable[[Mail], None]


def deliver(db: Database, clock: Clock, send: Send, limit: int = 10) -> int:
    """One round: take, commit, send, write down what became of each. Returns how many were tried."""
    machine = clock.machine()
    with db.transaction() as tx:
        tx.run(EXPIRE, give_up=GIVE_UP)  # by the clock that wrote made_at
        tx.run(OVERTAKEN)
        tx.run(REPLACED)
        mails = tx.all(Mail, TAKE, machine=machine, limit=limit, pauses=PAUSES)
    for mail in mails:
        error, final = _tried(send, mail)
        with db.transaction() as tx:
            if error:
                tx.run(FAULT, id=mail.id, error=error, final=final)
            else:
                tx.run(SENT, id=mail.id, machine=clock.machine())
                tx.run(ANNOUNCED, id=mail.id, now=clock.now(), notice=NOTICE)
    return len(mails)


def _tried(send: Send, mail: Mail) -> tuple[str, bool]:
    """The fault's name, empty if there was none, and whether trying again is of no use."""
    try:
        send(mail)
    except Exception as error:  # whatever a mail server does, the next mail is tried
        final = isinstance(error, SMTPRecipientsRefused | SMTPSenderRefused) and _permanent(error)
        log.warning("mail_not_sent", notice=mail.id, error=type(error).__name__, final=final)
        return type(error).__name__, final
    return "", False


def _permanent(error: SMTPRecipientsRefused | SMTPSenderRefused) -> bool:
    """A server's codes from 500 on mean never, those of 400 mean later."""
    codes = [code for code, _ in error.recipients.values()] if isinstance(error, SMTPRecipientsRefused) else [error.smtp_code]
    return all(code >= 500 for code in codes)


def ready() -> bool:
    """Without a mail server the notices wait."""
    return bool(settings.EMAIL_HOST) or "smtp" not in settings.EMAIL_BACKEND


def with_link(mail: Mail, installation_secret: bytes) -> Mail:
    """A single-use link, completed on its way out: the row keeps it without."""
    if mail.seed is None:
        return mail
    seed = bytes(mail.seed)
    token = token_of(seed, installation_secret, USE) if mail.kind == Kind.METHOD_LINK else token_of(seed, installation_secret)
    return replace(mail, text=mail.text.replace(TOKEN, token), html=mail.html.replace(TOKEN, token))


def send_by_django(mail: Mail) -> None:
    """By the backend of the settings: a mail server, or the demo's folder."""
    mail = with_link(mail, conf().secret)
    message = EmailMultiAlternatives(
        " ".join(mail.subject.split()),
        mail.text,
        formataddr((mail.payee, settings.DEFAULT_FROM_EMAIL)),
        [mail.to],
        reply_to=[mail.reply_to] if mail.reply_to else None,
        headers={
            "Message-ID": f"<{mail.uid}@{settings.MAIL_DOMAIN}>",
            "Date": format_datetime(mail.at),
            "Auto-Submitted": "auto-generated",
        },
        connection=get_connection(),
    )
    message.attach_alternative(mail.html, "text/html")
    message.send()
