"""May we charge: the switch, who set it, and the consent that a charge needs beside it (rule E2: a switch is no consent)."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from autopay.parties.models import Biller, Payer
from autopay.wallet.models import Method


class Switch(models.TextChoices):
    FOLLOW = "follow", "Follow company"
    ON = "on", "On"
    OFF = "off", "Off"


class Company(models.Model):
    """The company-wide switch `Auto-bill visits` (V22). It bears on invoices issued from `changed_at` on."""

    biller = models.OneToOneField(Biller, models.PROTECT, primary_key=True)
    on = models.BooleanField(db_default=False)
    changed_at = models.DateTimeField(db_default=Now())
    changed_by = models.CharField(max_length=80, db_default="")

    class Meta:
        db_table = "company_switch"


class Agreement(models.Model):
    """One row per payer from the start, so that there is always a row to lock. For an account, On means enrolled."""

    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False)
    payer = models.OneToOneField(Payer, models.CASCADE, primary_key=True)
    switch = models.CharField(max_length=6, choices=Switch.choices)
    version = models.IntegerField(db_default=1)
    since = models.DateTimeField(db_default=Now(), help_text="business instant of the last change; older invoices are not taken")
    cap_minor = models.BigIntegerField(null=True, help_text="the account asked to be asked above this (A55)")
    changed_by = models.CharField(max_length=80, db_default="")

    class Meta:
        db_table = "agreement"
        indexes: ClassVar = [
            models.Index(fields=["biller", "switch", "payer"], name="agreement_by_switch"),
            models.Index(fields=["biller", "since", "payer"], include=["switch"], name="agreement_since"),
        ]


class AgreementVersion(models.Model):
    """What stood when: never changed. Every charge names the version that allowed it (design 4.3)."""

    biller = models.ForeignKey(Biller, models.PROTECT)
    payer = models.ForeignKey(Payer, models.PROTECT)
    version = models.IntegerField()
    switch = models.CharField(max_length=6, choices=Switch.choices)
    cap_minor = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=80)

    class Meta:
        db_table = "agreement_version"
        constraints: ClassVar = [models.UniqueConstraint(fields=["payer", "version"], name="agreement_version_once")]


class Terms(models.Model):
    """A published text; a change is a new version."""

    biller = models.ForeignKey(Biller, models.PROTECT)
    kind = models.CharField(max_length=20, help_text="account_card, account_bank, visit_card, visit_bank")
    language = models.CharField(max_length=2)
    version = models.IntegerField()
    translates = models.IntegerField(null=True, help_text="the English version it is a translation of; the English ones are none")
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "terms"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["biller", "kind", "language", "version"], name="terms_version"),
            models.CheckConstraint(
                condition=Q(language="en", translates__isnull=True) | ~Q(language="en") & Q(translates__isnull=False),
                name="terms_translate_english",
            ),
        ]


class Consent(models.Model):
    """The payer's authorization to charge one method: the exact text, who, when, from where. The office cannot sign for them (V28)."""

    class Channel(models.TextChoices):
        ONLINE = "online", "Online"
        PAPER = "paper", "Signed paper"
        RECORDING = "recording", "Recording"

    biller = models.ForeignKey(Biller, models.PROTECT)
    payer = models.ForeignKey(Payer, models.PROTECT)
    method = models.ForeignKey(Method, models.PROTECT)
    uid = models.UUIDField(unique=True, db_default=RandomUUID())
    terms = models.ForeignKey(Terms, models.PROTECT)
    text = models.TextField(help_text="exactly what was agreed to")
    sha256 = models.CharField(max_length=64)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    artefact = models.CharField(max_length=200, db_default="", help_text="the scan or recording, by name")
    signed_by = models.CharField(max_length=160)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, db_default="")
    range_minor = models.BigIntegerField(
        null=True, help_text="consumer debit: at or under this charge at once, above give notice (E6)"
    )
    at = models.DateTimeField()

    class Meta:
        db_table = "consent"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(channel="online") | ~Q(artefact=""), name="consent_has_its_proof"),
            models.CheckConstraint(condition=~Q(signed_by="") & ~Q(text=""), name="consent_is_signed"),
        ]
        indexes: ClassVar = [models.Index(fields=["biller", "method"], include=["id"], name="consent_of_method")]


class ConsentEnd(models.Model):
    """A consent that no longer holds, and why: revoked by the payer, by the bank (R07, R10…), replaced."""

    biller = models.ForeignKey(Biller, models.PROTECT)
    consent = models.OneToOneField(Consent, models.PROTECT, primary_key=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    why = models.CharField(max_length=60)

    class Meta:
        db_table = "consent_end"


class MethodLink(models.Model):
    """A single-use link by which a payer adds a card or bank account and agrees, without a log-in (V28). Of its token only a hash is kept;
    `seed` (see parties/invitations.py) only where a mail carries the link."""

    biller = models.ForeignKey(Biller, models.PROTECT)
    payer = models.ForeignKey(Payer, models.PROTECT)
    uid = models.UUIDField(unique=True, db_default=RandomUUID())
    email = models.EmailField(db_default="", help_text="where it is mailed; empty: it was shown once, to be handed over")
    token_sha256 = models.CharField(max_length=64, unique=True)
    seed = models.BinaryField(db_default=b"")
    makes_default = models.BooleanField(help_text="the office wants what is saved to be what Auto-Pay charges")
    made_at = models.DateTimeField(help_text="business instant")
    made_by = models.CharField(max_length=80)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    method = models.ForeignKey(Method, models.PROTECT, null=True, help_text="what was saved by it")

    class Meta:
        db_table = "method_link"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["payer"], condition=Q(used_at__isnull=True, withdrawn_at__isnull=True), name="method_link_open_once"
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(withdrawn_at__isnull=True), name="method_link_ends_once"
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True, method__isnull=True) | Q(used_at__isnull=False, method__isnull=False),
                name="method_link_saved_something",
            ),
        ]


class Paper(models.Model):
    """What a payer signed, or said on a recording: the file itself, never changed (V28). The database checks size and hash (0004_papers)."""

    biller = models.ForeignKey(Biller, models.PROTECT)
    payer = models.ForeignKey(Payer, models.PROTECT)
    consent = models.OneToOneField(Consent, models.PROTECT)
    uid = models.UUIDField(unique=True, db_default=RandomUUID())
    name = models.CharField(max_length=100)
    media = models.CharField(max_length=20, help_text="what the content is, not what its name says")
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    at = models.DateTimeField(help_text="business instant at which it was attached")
    by = models.CharField(max_length=80)

    class Meta:
        db_table = "paper"
