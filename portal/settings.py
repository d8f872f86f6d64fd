"""All settings. Each environment variable is read here, once, with a default or a clear error."""

import re
import secrets
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from js_asset import static_lazy

from portal import languages

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = BASE_DIR / "var"  # what a running portal writes: database and uploads; not in git

env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="nur-fuer-die-entwicklung" * 3 if DEBUG else "")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])
_trust_proxy = env.str("TRUST_PROXY", default="0") or "0"
if _trust_proxy not in {"0", "1"}:
    raise ImproperlyConfigured("TRUST_PROXY ist 1 oder 0.")
TRUST_PROXY = _trust_proxy == "1"
# For links in mails that no request asks for.
_host = f"https://{ALLOWED_HOSTS[0].lstrip('.')}" if ALLOWED_HOSTS else ""
if DEBUG:
    _host = f"http://127.0.0.1:{env.str('PORT', default='8000')}"  # what `make run` prints
PORTAL_URL = (env.str("PORTAL_URL", default="") or _host).rstrip("/")

# What forbids to go online; wsgi.py asks. Better no portal than one that only looks safe.
UNSAFE = []
if not DEBUG and (len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10):
    UNSAFE.append(
        "SECRET_KEY fehlt oder ist zu kurz (mindestens 50 Zeichen). Einen neuen Schlüssel erzeugt: "
        'python3 -c "import secrets; print(secrets.token_urlsafe(50))" '
        "(zum Ausprobieren auf dem eigenen Rechner genügt DEBUG=1)."
    )
if not DEBUG and (not ALLOWED_HOSTS or any("*" in host or "/" in host for host in ALLOWED_HOSTS)):
    UNSAFE.append(
        "ALLOWED_HOSTS fehlt, erlaubt alles oder enthält mehr als Namen. Bitte die Adresse des Portals nennen, zum Beispiel "
        "ALLOWED_HOSTS=integration.landkreis-musterland.de"
    )
# Commands work without a key, with one that ends with them; the portal itself does not start.
SECRET_KEY = SECRET_KEY or secrets.token_urlsafe(50)

INSTALLED_APPS = [
    "portal.apps.ColumnsConfig",  # before admin: it patches managers and forms
    "portal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.sitemaps",
    "csp",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "portal.accounts.passkeys.PasskeysConfig",
    "django_prose_editor",
    "portal.apps.MailConfig",
    "portal.apps.PortalConfig",
    "portal.limits.apps.LimitsConfig",
    "portal.accounts.apps.AccountsConfig",
    "portal.search.apps.SearchConfig",
    "portal.page_cache.apps.PageCacheConfig",
    "portal.upkeep.apps.UpkeepConfig",
    "portal.timer.apps.TimerConfig",
    "portal.backup.apps.BackupConfig",
    "reversion",
    "portal.versions.apps.VersionsConfig",
    "portal.translations.apps.TranslationsConfig",
    # In the order of the staff's start page.
    "integration.wegweiser",
    "lotsen",
    "integration.offices",
    "integration.events",
    "integration.projects",
    "integration.publications",
    "portal.media",
    "integration.topics",
    "django_cleanup.apps.CleanupConfig",  # last, as it asks
]

MIDDLEWARE = [
    "portal.logs.number_requests",
    # These two first: whoever gives an answer below them, it gets its headers.
    "csp.middleware.CSPMiddleware",
    "portal.middleware.security_headers",
    "portal.readiness.answer_readyz",
    "django.middleware.security.SecurityMiddleware",
    "portal.middleware.static_files",
    "portal.middleware.CompressText",
    "portal.middleware.LanguageMiddleware",
    "portal.limits.middleware.Limits",
    "django.middleware.common.CommonMiddleware",
    # Sessions and login serve the admin; reading pages never touch them, so no cookie is set there.
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.versions.actors.remember_request",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portal.accounts.middleware.StaffOnly",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",  # last, as it asks
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.shell",
            ],
            # Every page needs them; `{% load %}` in each would only be noise.
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "portal.templatetags.portal",
            ],
        },
    }
]

# Data --------------------------------------------------------------------------------------------

DATA_DIR.mkdir(exist_ok=True)
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'portal.sqlite3'}")}
if "ENGINE" not in DATABASES["default"]:
    raise ImproperlyConfigured(
        "DATABASE_URL ist nicht zu verstehen. Richtig ist zum Beispiel postgres://name:passwort@db:5432/portal "
        "oder sqlite:////pfad/portal.sqlite3"
    )
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Readers never wait for a writer (WAL); a writer waits up to 10 s for another one instead of failing.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 10,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=134217728; "
        "PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY;",
    }
    # Tests too on a file: in memory there is no WAL and no second connection.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
else:
    # A server that does not even refuse, or is behind a line that was cut, must not hold all threads for minutes.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 3,
        "tcp_user_timeout": 10_000,
        **DATABASES["default"].get("OPTIONS", {}),
    }
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Each thread keeps its connection, so that no page begins with opening one.
DATABASES["default"]["CONN_MAX_AGE"] = 600

CACHES = {"default": env.cache_url_config(env.str("CACHE_URL", default="") or "locmemcache://")}
# Ready pages are in the memory of each process, and in the cache too if processes share it.
CACHE_IS_SHARED = "locmem" not in CACHES["default"]["BACKEND"]
PAGE_CACHE_BYTES = env.int("PAGE_CACHE_MB", default=32) * 1024 * 1024

# Uploads are never served as files: views hand them out, so that a draft's file stays a draft.
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(DATA_DIR / "media"))
MEDIA_URL = "/admin/dateien/"  # for staff, to look at what they have uploaded
MAX_UPLOAD_MB = env.int("MAX_UPLOAD_MB", default=20)
# What one request may bring: anybody a form, whoever has signed in files as well. Refused before it is read.
LARGEST_FORM = 256 * 1024
LARGEST_UPLOAD = (MAX_UPLOAD_MB + 5) * 1024**2
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440  # all that is no file
FILE_UPLOAD_PERMISSIONS = 0o640

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False  # other sites have no business with them
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "portal.versions.files.KeepingStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Several machines share no folder; then uploads are in a bucket, which nobody else can read.
S3_BUCKET = env.str("S3_BUCKET", default="")
if S3_BUCKET:
    STORAGES["default"] = {
        "BACKEND": "portal.versions.s3.KeepingS3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": env.str("S3_ENDPOINT_URL", default="") or None,
            "region_name": env.str("S3_REGION", default="") or None,
            "access_key": env.str("S3_ACCESS_KEY", default="") or None,
            "secret_key": env.str("S3_SECRET_KEY", default="") or None,
            "default_acl": None,  # as the bucket says, which is: private
            "file_overwrite": False,
        },
    }

# Languages ---------------------------------------------------------------------------------------

LANGUAGE_CODE = languages.SOURCE
LANGUAGES = [(language.code, language.name) for language in languages.LANGUAGES]
LANGUAGES_BIDI = [language.code for language in languages.LANGUAGES if language.rtl]
# The second folder holds what Django itself says nowhere: its own messages in Kurmanji and Leichte Sprache.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "portal" / "django_gaps"]
FORMAT_MODULE_PATH = ["portal.formats"]
USE_TZ = True
FORMS_URLFIELD_ASSUME_HTTPS = True  # as Django 6 will
TIME_ZONE = "Europe/Berlin"

MODELTRANSLATION_DEFAULT_LANGUAGE = languages.SOURCE
MODELTRANSLATION_FALLBACK_LANGUAGES = (languages.SOURCE,)
MODELTRANSLATION_CUSTOM_FIELDS = ("RichTextField",)

# The editor ---------------------------------------------------------------------------------------

DJANGO_PROSE_EDITOR_EXTENSIONS = [
    {
        "js": [static_lazy("admin_portal/editor.js")],
        "extensions": {"LanguageOfPart": languages.allow_language_of_part},
    }
]
# All of it buttons: the library's drop-down lists cannot be opened with the keyboard.
DJANGO_PROSE_EDITOR_MENU_GROUPS = [
    {"group": group} for group in ("blockType -lists", "lists", "marks", "link", "language", "history")
]

# Mail --------------------------------------------------------------------------------------------

EMAIL_BACKEND = "post_office.EmailBackend"
_mail = env.email_url("EMAIL_URL", default="consolemail://" if DEBUG else "smtp://localhost:25")
EMAIL_HOST = _mail.get("EMAIL_HOST") or ""
EMAIL_PORT = _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="portal@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
_smtp = _mail["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
POST_OFFICE = {
    "BACKENDS": {"default": "portal.smtp.EmailBackend" if _smtp else _mail["EMAIL_BACKEND"]},
    "THREADS_PER_PROCESS": 1,  # whatever happens to the worker, one mail at most is in between
    "DEFAULT_PRIORITY": "medium",
    # Every 15 minutes for three days: a mail server may be down over a weekend.
    "MAX_RETRIES": 300,
    "RETRY_INTERVAL": timedelta(minutes=15),
    # Between two of them the worker looks whether it is to stop, or whether the server is down.
    "BATCH_SIZE": 10,
    # Never before all ten have had their EMAIL_TIMEOUT: one that is given up while it goes out would be sent again.
    "BATCH_DELIVERY_TIMEOUT": 900,
    # A mail that is sent again keeps its number, by which mail servers know it.
    "MESSAGE_ID_ENABLED": True,
}

# Contents ----------------------------------------------------------------------------------------

# The worker asks the addresses that contents link to whether they still answer.
LINK_CHECK = env.bool("LINK_CHECK", default=True)
# Machine translation ------------------------------------------------------------------------------

# Off without it. With it staff may have a machine fill what is still empty; those texts leave the house.
MACHINE_TRANSLATION_URL = env.str("MACHINE_TRANSLATION_URL", default="")
if MACHINE_TRANSLATION_URL and not re.fullmatch(
    r"deepl://[\w:-]+/?|libretranslate\+https?://[\w.-]+(:\d+)?(/[^?\s]*)?(\?key=\S*)?", MACHINE_TRANSLATION_URL
):
    raise ImproperlyConfigured(
        "MACHINE_TRANSLATION_URL ist nicht zu verstehen. Richtig ist zum Beispiel "
        "libretranslate+https://uebersetzen.landkreis-musterland.de/?key=… oder deepl://…"
    )

# Backups -----------------------------------------------------------------------------------------

# With a folder and a key the worker makes one each day. The secret half of the key is not on this server.
BACKUP_DIR = env.str("BACKUP_DIR", default="")
BACKUP_RECIPIENT = [key.strip() for key in env.list("BACKUP_RECIPIENT", default=[])]
if wrong := [key for key in BACKUP_RECIPIENT if not re.fullmatch(r"age1[02-9ac-hj-np-z]{58}", key)]:
    raise ImproperlyConfigured(
        f"BACKUP_RECIPIENT ist nicht zu verstehen: {wrong[0][:20]}… Gebraucht wird der öffentliche Schlüssel (age1…), den "
        "manage.py backup_key ausgibt, oder mehrere mit Komma getrennt. Der geheime gehört nicht auf diesen Server."
    )
BACKUP_KEEP = env.int("BACKUP_KEEP", default=14)
if BACKUP_KEEP < 1:
    raise ImproperlyConfigured("BACKUP_KEEP ist eine Zahl von Tagen, mindestens 1.")
BACKUP_EXPECTED = not DEBUG  # the staff's start page says when there is none

# Security ----------------------------------------------------------------------------------------

if TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = TRUST_PROXY  # without a proxy nobody could answer on https
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 0 if DEBUG else 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
# Being preloaded binds the whole domain of the county and is not ours to decide.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/admin/"  # reading pages never even receive them
# "__Secure-": only https can set them. "__Host-" would do more, and demands the path "/", so that the session would go
# along with each page somebody reads. CSRF_COOKIE_HTTPONLY stays off: kept.js takes the newest token from the cookie.
_cookie = "" if DEBUG else "__Secure-"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_cookie}sessionid", f"{_cookie}csrftoken"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # else a cookie of its own, for all paths
CSRF_FAILURE_VIEW = "portal.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # an office with many tasks in twelve languages is one form

# Staff -------------------------------------------------------------------------------------------

# A working day at most, an hour without doing anything, and no longer than the browser is open: the computer may be shared.
SESSION_COOKIE_AGE = 8 * 3600
SESSION_IDLE_SECONDS = 60 * env.int("SESSION_IDLE_MINUTES", default=60)
if not 5 <= SESSION_IDLE_SECONDS / 60 <= 480:
    raise ImproperlyConfigured("SESSION_IDLE_MINUTES ist eine Zahl von 5 bis 480.")
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
LOGIN_URL, LOGIN_REDIRECT_URL = "admin:login", "admin:index"
PASSWORD_RESET_TIMEOUT = 2 * 3600

# The second factor cannot be switched off: there is no setting for it. In development `dev_login` prints a code.
OTP_TOTP_ISSUER = urlsplit(PORTAL_URL).hostname or "Integrationsportal"
# Passkeys belong to a name. In development they work at localhost, as browsers know none for an address of numbers.
_passkeys = f"http://localhost:{env.str('PORT', default='8000')}" if DEBUG else PORTAL_URL or "https://localhost"
OTP_WEBAUTHN_RP_ID = urlsplit(_passkeys).hostname
OTP_WEBAUTHN_RP_NAME = "Integrationsportal"
OTP_WEBAUTHN_ALLOWED_ORIGINS = [_passkeys]
OTP_WEBAUTHN_ALLOW_PASSWORDLESS_LOGIN = False
OTP_WEBAUTHN_EXCEPTION_LOGGER_NAME = ""

# Whoever tries passwords has to wait, but only from where he tries: a colleague elsewhere can work on.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "portal.accounts.throttling.network"
AXES_LOCKOUT_CALLABLE = "portal.accounts.throttling.locked"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the page says until when, and that stays true
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False  # portal.accounts.admin shows less
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken"]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "portal.accounts.passwords.MoreThanAWord"},
]

# Menu and language list work without it; with it they also close by Escape, and when click or focus go elsewhere.
_panels = (BASE_DIR / "templates" / "components" / "panels.js").read_bytes()
PANELS_SCRIPT = f"'sha256-{b64encode(sha256(_panels).digest()).decode()}'"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        # The nonce appears only where it is asked for: the admin's editor. The hash is the one small script of the
        # public pages, which is in the page itself: on a slow line every further request costs a second.
        "script-src": [SELF, NONCE, PANELS_SCRIPT],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "media-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "portal.logs.JSONLines"}, "readable": {}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "readable" if DEBUG else "json",
            "stream": "ext://sys.stderr" if DEBUG else "ext://sys.stdout",
        },
        "null": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "portal": {"level": "INFO"},
        # What it says of a mail that failed has the person's address in it. The staff's start page counts such mails.
        "post_office": {"handlers": ["null"], "propagate": False},
        # Scanners ask for any name there is; the refusal is answer enough.
        "django.security.DisallowedHost": {"handlers": ["null"], "propagate": False},
    },
}
