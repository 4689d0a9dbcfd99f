"""Who is who. Users and memberships stand outside tenants; everybody else belongs to one biller."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models.functions import Concat, Left, Lower, Now


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    BILLING_MANAGER = "billing_manager", "Billing manager"
    FRONT_DESK = "front_desk", "Front desk"
    AUDITOR = "auditor", "Auditor"
    ACCOUNT_OWNER = "account_owner", "Account owner"
    PATIENT = "patient", "Patient"
    BILLING_CONTACT = "billing_contact", "Billing contact"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **more: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **more)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractUser):
    """A person who logs in, by email."""

    username = None  # type: ignore[assignment]  # Django's own way to say that there is none
    email = models.EmailField(unique=True)
    language = models.CharField(max_length=2, db_default="en")
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        db_table = "app_user"


class Biller(models.Model):
    """A tenant: a vendor that bills practices every month, or an agency that bills patients visit by visit."""

    class Kind(models.TextChoices):
        VENDOR = "vendor", "Vendor"
        AGENCY = "agency", "Agency"

    uid = models.UUIDField(unique=True, db_default=RandomUUID())
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=120)
    short_name = models.CharField(max_length=20)
    zone = models.CharField(max_length=64, help_text="IANA zone: dates of this biller are local dates there")
    bill_day = models.SmallIntegerField(db_default=1, help_text="anchor day of new accounts, 1 to 31")
    notice_days = models.SmallIntegerField(db_default=0, help_text="charge day = bill day + this")
    currency = models.CharField(max_length=3, db_default="USD")
    phone = models.CharField(max_length=30, db_default="")
    email = models.EmailField(db_default="")
    hours = models.CharField(max_length=80, db_default="")
    descriptor = models.CharField(max_length=22, db_default="", help_text="on the payer's statement")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "biller"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(bill_day__range=(1, 31)), name="biller_bill_day"),
            models.CheckConstraint(condition=models.Q(notice_days__range=(0, 27)), name="biller_notice_days"),
            models.CheckConstraint(
                condition=models.Q(descriptor="")
                | models.Q(descriptor__regex=r"^[ -~]{5,22}$", descriptor__iregex=r"[a-z]")
                & ~models.Q(descriptor__regex=r"""[<>\\'"*]"""),
                name="biller_descriptor",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Payer(models.Model):
    """Who owes: a practice's account (billed monthly) or a patient (billed by visit). One engine serves both."""

    class Kind(models.TextChoices):
        ACCOUNT = "account", "Account"
        PATIENT = "patient", "Patient"

    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False)
    uid = models.UUIDField(unique=True, db_default=RandomUUID())
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=160)
    sort_key = models.CharField(max_length=160, help_text="name, unaccented and lower case: the database sorts by code point")
    email = models.EmailField(db_default="")
    phone = models.CharField(max_length=30, db_default="")
    language = models.CharField(max_length=2, db_default="en")
    business = models.BooleanField(db_default=False, help_text="a business account: consumer debit rules (E1, E6) do not bind it")
    bill_day = models.SmallIntegerField(null=True, help_text="accounts: anchor day, 1 to 31")
    source = models.CharField(max_length=120, db_default="autopay", help_text="system the record came from")
    external_id = models.CharField(max_length=255, help_text="its identifier there")
    created_at = models.DateTimeField(db_default=Now())
    searched = models.GeneratedField(
        expression=Left(
            Lower(
                Concat(
                    "sort_key", models.Value("\n"), "email", models.Value("\n"), "external_id", output_field=models.TextField()
                )
            ),
            480,
        ),
        output_field=models.TextField(),
        db_persist=True,
        help_text="what a search looks into; short enough for an index",
    )

    class Meta:
        db_table = "payer"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["biller", "source", "external_id"], name="payer_source"),
            models.UniqueConstraint(fields=["biller", "id"], name="payer_of_biller"),
            models.CheckConstraint(
                condition=models.Q(kind="patient", bill_day__isnull=True) | models.Q(kind="account", bill_day__range=(1, 31)),
                name="payer_bill_day",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["biller", "kind", "sort_key", "id"], include=["searched"], name="payer_by_name"),
            models.Index(fields=["biller", "bill_day"], name="payer_by_bill_day", condition=models.Q(kind="account")),
        ]

    def __str__(self) -> str:
        return self.name


class BillingInformation(models.Model):
    """Contact and address as typed on the enrollment form (A11, A12)."""

    biller = models.ForeignKey(Biller, models.PROTECT)
    payer = models.OneToOneField(Payer, models.CASCADE, related_name="billing_information")
    email = models.EmailField()
    phone = models.CharField(max_length=30)
    company = models.CharField(max_length=120, db_default="")
    first_name = models.CharField(max_length=80)
    last_name = models.CharField(max_length=80)
    street = models.CharField(max_length=120)
    street2 = models.CharField(max_length=120, db_default="")
    city = models.CharField(max_length=80)
    state = models.CharField(max_length=40)
    zip = models.CharField(max_length=12)
    country = models.CharField(max_length=2, db_default="US")

    class Meta:
        db_table = "billing_information"


class BillingContact(models.Model):
    """A family member who may see and pay for several patients (V12)."""

    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False)
    uid = models.UUIDField(unique=True, db_default=RandomUUID())
    name = models.CharField(max_length=160)
    email = models.EmailField(db_default="")
    source = models.CharField(max_length=120, db_default="autopay")
    external_id = models.CharField(max_length=255)

    class Meta:
        db_table = "billing_contact"
        constraints: ClassVar = [models.UniqueConstraint(fields=["biller", "source", "external_id"], name="contact_source")]


class ContactPatient(models.Model):
    """Which patients a billing contact pays for, and whether the patient lets them see lines."""

    biller = models.ForeignKey(Biller, models.PROTECT)
    contact = models.ForeignKey(BillingContact, models.CASCADE, related_name="patients")
    payer = models.ForeignKey(Payer, models.CASCADE, related_name="contacts")
    sees_lines = models.BooleanField(db_default=False)

    class Meta:
        db_table = "contact_patient"
        constraints: ClassVar = [models.UniqueConstraint(fields=["contact", "payer"], name="contact_patient_once")]


class Membership(models.Model):
    """What a user is to a biller. Outside tenants: it is how a request finds its tenant."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    biller = models.ForeignKey(Biller, models.CASCADE, db_constraint=False)
    role = models.CharField(max_length=16, choices=Role.choices)
    payer = models.ForeignKey(Payer, models.CASCADE, null=True, db_constraint=False)
    contact = models.ForeignKey(BillingContact, models.CASCADE, null=True, db_constraint=False)

    class Meta:
        db_table = "membership"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "biller", "role", "payer", "contact"], name="membership_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=["account_owner", "patient"], payer__isnull=False, contact__isnull=True)
                | models.Q(role="billing_contact", payer__isnull=True, contact__isnull=False)
                | models.Q(
                    role__in=["owner", "billing_manager", "front_desk", "auditor"], payer__isnull=True, contact__isnull=True
                ),
                name="membership_names_its_object",
            ),
        ]


class Invitation(models.Model):
    """A single-use way in: the token is mailed, only its hash is kept (rule V5). `seed`: see invitations.py; empty where a command
    printed the link."""

    biller = models.ForeignKey(Biller, models.PROTECT)
    uid = models.UUIDField(unique=True, db_default=RandomUUID())
    email = models.EmailField()
    role = models.CharField(max_length=16, choices=Role.choices)
    payer = models.ForeignKey(Payer, models.CASCADE, null=True)
    contact = models.ForeignKey(BillingContact, models.CASCADE, null=True)
    token_sha256 = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    seed = models.BinaryField(db_default=b"")
    made_at = models.DateTimeField(db_default=Now(), help_text="business instant")
    invited_by = models.CharField(max_length=80, db_default="")
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "invitation"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["biller", "email", "role", "payer", "contact"],
                condition=models.Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="invitation_open_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=True) | models.Q(withdrawn_at__isnull=True), name="invitation_ends_once"
            ),
        ]
        indexes: ClassVar = [models.Index(Lower("email"), name="invitation_email")]
