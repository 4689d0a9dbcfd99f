"""The evidence as a paper to read. It carries its JSON as an attachment, so that one file can be read and checked (decision 15)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _

from autopay import words
from autopay.evidence.as_json import written
from autopay.evidence.verify.opened import sealed_pdf
from autopay.money import Money
from autopay.paper import Attachment, Block, Facts, Heading, Paper, Quote, Sum, Table, Text, pdf
from autopay.sentences import Story, because, why

Row = dict[str, Any]
STATES: dict[str, Promise] = {
    "due": gettext_lazy("waits"),
    "sending": gettext_lazy("being paid"),
    "needs_payer": gettext_lazy("waits for the payer"),
    "unknown": gettext_lazy("not known yet"),
    "pending": gettext_lazy("on its way"),
    "paid": gettext_lazy("paid"),
    "failed": gettext_lazy("failed"),
    "returned": gettext_lazy("sent back"),
    "withdrawn": gettext_lazy("never sent"),
    "done": gettext_lazy("sent back"),
}


def paper_of(whole: dict[str, Any]) -> bytes:
    """The PDF of a document made by as_json.py, in the language that is active."""
    made = datetime.fromisoformat(whole["made"]["at"])
    enrolled = bool(whole["agreement"]) and whole["agreement"][-1]["switch"] == "on"
    badge = ("ok", _("Enrolled")) if enrolled else ("off", _("Not enrolled"))
    foot = _("Proof of autopay, %(account)s. SHA-256 of its content: %(sha256)s")
    told = {"account": whole["account"]["name"], "sha256": whole["sha256"]}
    blocks = tuple(_Proof(whole).blocks())
    paper = Paper(whole["biller"]["name"], _("Proof of autopay"), get_language() or "en", made, blocks, badge, foot % told)
    return sealed_pdf(pdf(paper, Attachment("evidence.json", written(whole), _("The same facts in full, to be checked"))))


class _Proof:
    """One document on its way to paper: amounts and instants as people write them."""

    def __init__(self, whole: dict[str, Any]) -> None:
        self.whole, self.zone, self.currency = whole, whole["biller"]["zone"], whole["biller"]["currency"]
        self.texts = {sha: number for number, sha in enumerate(dict.fromkeys(c["sha256"] for c in whole["consents"]), 1)}
        self.versions = {each["id"]: each["version"] for each in whole["agreement"]}
        self.methods = {each["id"]: each for each in whole["methods"]}

    def blocks(self) -> Iterator[Block]:
        yield from self._head()
        yield from self._agreement()
        yield from self._consents()
        yield from self._charges()
        yield from self._invoices()
        yield from self._holds()
        yield from self._journal()
        yield Heading(_("What this file shows, and what not"))
        for said in (self.whole[name] for name in ("proves", "does_not_prove")):
            yield Text(_(said))
        yield Text(_("To check this PDF or its JSON on any computer: autopay evidence verify FILE"))

    def _head(self) -> Iterator[Block]:
        account, biller, totals = self.whole["account"], self.whole["biller"], self.whole["totals"]
        yield Text(
            _("What was agreed, all that was charged under it, and the journal of both. The attached file says it in full.")
        )
        yield Facts(
            [
                (_("Account"), "\n".join(dict.fromkeys([account["name"], account["number"]]))),
                (_("Billed by"), "\n".join(filter(None, [biller["name"], biller["phone"], biller["email"]]))),
                (_("As of"), self._both(self.whole["made"]["at"])),
                (_("Autopay"), self._standing()),
            ]
        )
        yield Sum(_("Charged, less what was sent back"), self._money(totals["kept"]))
        names = [("charged", _("Charged")), ("on_its_way", _("On its way"))]
        names += [("returned", _("Sent back by the bank")), ("refunded", _("Sent back by the biller"))]
        yield Facts([(label, self._money(totals[name])) for name, label in names])

    def _standing(self) -> str:
        turns = [each for each in self.whole["agreement"] if each["switch"] == "on" or each["reference"]]
        if not turns:
            return _("Never enrolled.")
        told = {"when": self._moment(turns[-1]["at"]), "reference": turns[-1]["reference"]}
        if turns[-1]["reference"]:
            return _("Cancelled on %(when)s. Reference %(reference)s.") % told
        return _("Enrolled. Last changed on %(when)s.") % told

    def _agreement(self) -> Iterator[Block]:
        yield Heading(_("The agreement, each change"))
        rows = [
            [str(each["version"]), self._both(each["at"]), self._turn(each), self._actor(each["by"]), each["reference"] or ""]
            for each in self.whole["agreement"]
        ]
        yield Table([_("Version"), _("When"), _("Autopay"), _("By"), _("Reference")], rows, (0, 3, 2, 3, 0), small=True)

    def _turn(self, each: Row) -> str:
        if each["switch"] != "on":
            return _("Off")
        limit = each["cap_minor"]
        return _("On") if limit is None else _("On, asks first above %(limit)s") % {"limit": self._money(limit)}

    def _consents(self) -> Iterator[Block]:
        yield Heading(_("What was agreed to"))
        if not self.whole["consents"]:
            yield Text(_("Nothing yet."))
        for each in self.whole["consents"]:
            yield Heading(_("Agreed on %(when)s") % {"when": self._moment(each["at"])}, 3)
            yield Facts(self._consent(each))
        for sha, number in self.texts.items():
            yield Heading(_("Text %(number)d, word for word") % {"number": number}, 3)
            yield Quote(next(each["text"] for each in self.whole["consents"] if each["sha256"] == sha))
            yield Facts([(_("SHA-256"), sha)], code=True)

    def _consent(self, each: Row) -> list[tuple[str, str]]:
        text = {"kind": each["terms"], "version": each["version"], "number": self.texts[each["sha256"]]}
        rows = [
            (_("By"), each["signed_by"]),
            (_("When"), self._both(each["at"])),
            (_("From"), "\n".join([each["ip"] or _("address not known"), each["user_agent"] or _("browser not known")])),
            (_("How"), " ".join(filter(None, [each["channel"], each["artefact"]]))),
            (_("To charge"), words.method(each["brand"], each["last4"], bank=each["kind"] == "bank")),
            (_("Terms"), _("%(kind)s, version %(version)d: text %(number)d below") % text),
        ]
        if each["range_minor"] is not None:
            rows.append((_("Without notice up to"), self._money(each["range_minor"])))
        return rows + ([(_("Ended"), f"{self._both(each['ended_at'])} ({each['ended_why']})")] if each["ended_at"] else [])

    def _charges(self) -> Iterator[Block]:
        yield Heading(_("Every charge"))
        if not self.whole["charges"]:
            yield Text(_("Nothing was charged."))
            return
        heads = [_("Receipt"), _("Invoices"), _("Sent"), _("With"), _("What became of it"), _("Agreement"), _("Amount")]
        yield Table(heads, [self._charge(each) for each in self.whole["charges"]], (0, 0, 4, 3, 4, 0, 0), (6,), small=True)
        if self.whole["refunds"]:
            yield Heading(_("Sent back by the biller"), 3)
            heads = [_("Invoice"), _("When"), _("Asked by"), _("State"), _("Amount")]
            yield Table(heads, [self._refund(each) for each in self.whole["refunds"]], (0, 3, 3, 2, 0), (4,), small=True)

    def _charge(self, each: Row) -> list[str]:
        return [
            each["receipt"] or _("no. %(id)d") % {"id": each["id"]},
            ", ".join(str(part["invoice"]) for part in each["parts"]),
            self._both(each["sent_at"]) if each["sent_at"] else _("not sent"),
            self._method(each["method"]),
            self._became(each),
            str(self.versions.get(each["agreement"], "")),
            self._money(each["minor"]) if each["minor"] else "",
        ]

    def _became(self, each: Row) -> str:
        how = _("Pay Now") if each["trigger"] == "pay_now" else _("Autopay")
        settled = self._moment(each["settled_at"]) if each["settled_at"] else ""
        reason = _withdrawn(each) if each["state"] == "withdrawn" else ""
        if each["state"] in ("failed", "returned"):
            reason = because(each["reason"])
        return "\n".join(filter(None, [f"{how}: {_state(each)}", settled, reason]))

    def _refund(self, each: Row) -> list[str]:
        when = each["done_at"] or each["asked_at"]
        who, amount = self._actor(each["by"]), self._money(each["minor"])
        return [str(each["invoice"]), self._both(when) if when else "", who, _state(each), amount]

    def _invoices(self) -> Iterator[Block]:
        yield Heading(_("Every bill, and why it was or was not charged"))
        heads = [_("Invoice"), _("Issued"), _("Due"), _("Why"), _("Total"), _("Open")]
        yield Table(heads, [self._invoice(each) for each in self.whole["invoices"]], (0, 2, 2, 5, 0, 0), (4, 5), small=True)

    def _invoice(self, each: Row) -> list[str]:
        until = date.fromisoformat(each["why_until"]) if each["why_until"] else None
        tried = [c for c in self.whole["charges"] if each["number"] in {part["invoice"] for part in c["parts"]}]
        withdrawn = tried and tried[-1]["state"] == "withdrawn" and each["why"] == "charged"
        because_ = _withdrawn(tried[-1]) if withdrawn else why(Story(each["why"], visit=False, until=until))
        left = 0 if each["voided_at"] else each["total"] - each["captured"] + each["returned"] - each["elsewhere"]
        days = [self._day(each["issued_on"]), self._day(each["due_on"])]
        return [str(each["number"]), *days, because_, self._money(each["total"]), self._money(left)]

    def _holds(self) -> Iterator[Block]:
        held = [each for each in self.whole["methods"] if each["hold_placed_at"]]
        if held:
            yield Heading(_("Holds to check a card: not charges"))
            rows = [[self._method(each["id"]), *self._hold(each)] for each in held]
            yield Table(
                [pgettext("which card", "On"), _("Placed"), _("Released"), _("Amount")], rows, (3, 3, 3, 0), (3,), small=True
            )

    def _hold(self, each: Row) -> list[str]:
        released = self._both(each["hold_released_at"]) if each["hold_released_at"] else _("not yet")
        return [self._both(each["hold_placed_at"]), released, self._money(each["hold_minor"] or 0)]

    def _journal(self) -> Iterator[Block]:
        journal = self.whole["journal"]
        yield Heading(_("The sealed journal"))
        yield Text(_("Each entry's hash is made of its content and of the hash before it."))
        yield Text(_("Numbers that are left out are entries of others; what they say is not in this file."))
        sealed = [entry for run in journal["runs"] for entry in run["entries"]]
        rows = [self._entry(each) for each in [*sealed, *journal["not_sealed_yet"]]]
        yield Table([_("No."), _("When"), _("Who"), _("What"), _("Hash begins")], rows, (0, 3, 2, 4, 0), small=True)
        if journal["not_sealed_yet"]:
            yield Text(_("The last entries were written moments before this file and had no seal yet. A later copy has it."))
        yield Facts([(_("Newest, no. %(seq)d") % {"seq": journal["head"]["seq"]}, journal["head"]["hash"])], code=True)

    def _entry(self, each: Row) -> list[str]:
        who, _rest, _more = self._actor(each["actor"]).partition(" <")
        about = f"{each['action']} ({each['object']} {each['object_id']})"
        seal = each["hash"][:16] if "hash" in each else _("not sealed yet")
        return [str(each.get("seq", "")), self._moment(each["at"]), who, about, seal]

    def _money(self, minor: int) -> str:
        return words.money(Money(minor, self.currency))

    def _moment(self, at: str) -> str:
        return words.moment(datetime.fromisoformat(at), self.zone)

    def _both(self, at: str) -> str:
        """On the biller's clock, and in UTC to the second."""
        instant = datetime.fromisoformat(at)
        return f"{words.moment(instant, self.zone)}\n{instant:%Y-%m-%d %H:%M:%S} UTC"

    def _day(self, on: str) -> str:
        return words.day(date.fromisoformat(on))

    def _actor(self, actor: str) -> str:
        return str(self.whole["actors"].get(actor, actor))

    def _method(self, method: int | None) -> str:
        found = self.methods.get(method) if method else None
        return words.method(found["brand"], found["last4"], bank=found["kind"] == "bank") if found else ""


def _withdrawn(charge: Row) -> str:
    """Why it was never sent."""
    return why(Story(charge["reason"], visit=False))


def _state(each: Row) -> str:
    return str(STATES.get(each["state"], each["state"]))
