"""Django reads `conf`; nothing here is a decision of its own."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from psycopg.conninfo import conninfo_to_dict

from autopay.conf import CHECKOUT, Role, conf

_conf = conf()


def _database(role: Role) -> dict[str, Any]:
    given = conninfo_to_dict(_conf.dsn(role))
    known = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    options = {key: value for key, value in given.items() if key not in known.values()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **{ours: given.get(theirs, "") for ours, theirs in known.items()},
        "OPTIONS": options,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": _database("app"), "engine": _database("engine"), "owner": _database("owner")}
SECRET_KEY = hashlib.sha256(b"django:" + _conf.secret).hexdigest()
DEBUG = _conf.debug
ALLOWED_HOSTS = [*_conf.allowed_hosts, urlsplit(_conf.site_url).hostname or "localhost"]
CSRF_TRUSTED_ORIGINS = [_conf.site_url]
ROOT_URLCONF = "autopay.urls"
WSGI_APPLICATION = "autopay.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "parties.User"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LANGUAGE_COOKIE_NAME = "language"
LOCALE_PATHS = [CHECKOUT / "src/autopay/locale"]
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
DEMO = _conf.demo

INSTALLED_APPS = [
    "autopay.surfaces.shared",
    "autopay.surfaces.patient_portal",
    "autopay.surfaces.office",
    "autopay.surfaces.vendor",
    "autopay.surfaces.service_center",
    "autopay.surfaces.classic",
    "autopay.surfaces.demo",
    "autopay.surfaces.receipts",
    "autopay.surfaces.invitations",
    "autopay.surfaces.approvals",
    "autopay.surfaces.pay_links",
    "autopay.surfaces.method_links",
    "autopay.parties",
    "autopay.installation",
    "autopay.journal",
    "autopay.ledger",
    "autopay.billing",
    "autopay.wallet",
    "autopay.agreements",
    "autopay.charging",
    "autopay.reconciliation",
    "autopay.processors",
    "autopay.interop",
    "autopay.notices",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_cotton.apps.SimpleAppConfig",
    "django_htmx",
    "lucide",
    "csp",
    "altcha_django",
    "allauth",
    "allauth.account",
]
FILE_UPLOAD_HANDLERS = ["autopay.surfaces.shared.uploads.SmallFiles"]
DATA_UPLOAD_MAX_NUMBER_FILES = 1
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "autopay.surfaces.shared.no_store.NothingIsStored",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "autopay.surfaces.shared.language.ChosenLanguage",
    "django.middleware.common.CommonMiddleware",
    "autopay.surfaces.shared.card_numbers.CardNumbersRefused",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
_LOADERS = ["autopay.surfaces.shared.cells.Loader", "django.template.loaders.app_directories.Loader"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [("django.template.loaders.cached.Loader", _LOADERS)],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "django.templatetags.static",
                "django.templatetags.i18n",
                "autopay.surfaces.shared.templatetags.ui",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "autopay.surfaces.shared.context.shell",
            ],
        },
    }
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [NONE],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"},
    "memory": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "figures"},
}
ALTCHA_HMAC_SECRET = hashlib.sha256(b"human check:" + _conf.secret).hexdigest()
ALTCHA_CHALLENGE = {"expires_seconds": _conf.human_check_seconds}
ALTCHA_WIDGET_CONFIGURATION = {"hideFooter": True}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
EMAIL_BACKEND = "autopay.notices.folder.Folder" if _conf.demo else "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST, EMAIL_PORT, EMAIL_TIMEOUT = _conf.mail_host or "", _conf.mail_port, 20
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _conf.mail_user or "", _conf.mail_password or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = _conf.mail_security == "starttls", _conf.mail_security == "tls"
DEFAULT_FROM_EMAIL = _conf.mail_from
MAIL_FOLDER, MAIL_DOMAIN = _conf.home / "mail", urlsplit(_conf.site_url).hostname or "localhost"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _conf.site_url.startswith("https:")
SECURE_HSTS_SECONDS = 31_536_000 if SESSION_COOKIE_SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SESSION_COOKIE_SECURE

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "autopay.surfaces.shared.accounts.InvitationOnly"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ALLAUTH_TRUSTED_PROXY_COUNT = _conf.trusted_proxies  # limits on log-ins count by address, too
