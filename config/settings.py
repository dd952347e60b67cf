"""Settings: every difference between deployments is an environment variable, and nothing secret has a default."""

from __future__ import annotations

import os
import re
from pathlib import Path

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import environment as env

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = re.search(r'^version = "(.+)"$', (BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"), re.M)[1]  # type: ignore[index]

SECRET_KEY = env.text("EXOMARK_SECRET_KEY")
DEBUG = env.boolean("EXOMARK_DEBUG", False)
ALLOWED_HOSTS = env.items("EXOMARK_ALLOWED_HOSTS", None)
HTTPS = env.boolean("EXOMARK_HTTPS", True)
CSRF_TRUSTED_ORIGINS = env.items("EXOMARK_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",  # its widgets are found through the project's own form renderer
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "django_tables2",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "lims",
    "validation",
    "iqc",
    "sharing",
    "demonstration",
]

MIDDLEWARE = [
    "lims.observation.RequestDurationMiddleware",
    "lims.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "lims.middleware.UserLanguageMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "lims.middleware.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "lims.middleware.DomainErrorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
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
                "lims.context_processors.frame",
            ],
        },
    },
]
FORM_RENDERER = "lims.forms.rendering.FieldRenderer"
DJANGO_TABLES2_TEMPLATE = "_components/table.html"

# The runtime role owns no table; `manage.py prepare_database` runs with the owner's URL.
DATABASES = {
    "default": {
        **env.database("EXOMARK_DATABASE_URL"),
        "CONN_MAX_AGE": env.integer("EXOMARK_DATABASE_CONNECTION_SECONDS", 60),
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {"options": "-c timezone=UTC"},
    }
}
RUNTIME_ROLE = env.text("EXOMARK_RUNTIME_ROLE", "exomark_app")
# Folder of pg_dump and pg_restore; empty means those on the PATH.
POSTGRES_BIN = env.text("EXOMARK_POSTGRES_BIN", "")

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": env.text("EXOMARK_CACHE_URL")}
}

# Files --------------------------------------------------------------------------------------------------------------
STORAGE_DIR = Path(env.text("EXOMARK_STORAGE_DIR"))
FILE_ROOTS = [Path(root) for root in env.items("EXOMARK_FILE_ROOTS", "", os.pathsep)]
UPLOAD_MAX_BYTES = env.integer("EXOMARK_UPLOAD_MAX_BYTES", 500 * 1024**3)
UPLOAD_EXPIRY_HOURS = env.integer("EXOMARK_UPLOAD_EXPIRY_HOURS", 72)
# Set where nginx serves downloads; empty means that the application streams them itself.
ACCEL_REDIRECT_PREFIX = env.text("EXOMARK_ACCEL_REDIRECT_PREFIX", "")

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("EXOMARK_STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": STORAGE_DIR}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# People -------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "lims.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "session-create"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "session-create"
OTP_TOTP_ISSUER = "Exomark"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "lims.views.session.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_IPWARE_PROXY_COUNT = env.integer("EXOMARK_PROXY_COUNT", 0)
AXES_CLIENT_IP_CALLABLE = "lims.middleware.client_address"  # the same address as in the trail
SESSION_COOKIE_AGE = env.integer("EXOMARK_SESSION_SECONDS", 8 * 3600)
SESSION_COOKIE_NAME = "exomark_session"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"

# Transport ----------------------------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = HTTPS and env.boolean("EXOMARK_REDIRECT_TO_HTTPS", True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.integer("EXOMARK_PROXY_COUNT", 0) else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024**2
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# Languages ----------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LANGUAGE_COOKIE_NAME = "exomark_language"
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = env.text("EXOMARK_TIME_ZONE", "Asia/Shanghai")
USE_TZ = True

# Queue --------------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.text("EXOMARK_BROKER_URL")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = "default"
# By what a task loads, so that workers can be spread over hosts; what is not named here goes to the default queue.
CELERY_TASK_ROUTES = {"lims.verify_file": {"queue": "files"}, "lims.compute": {"queue": "compute"}}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # The job row decides whether work is done again; a short visibility time-out would only run long tasks twice.
    "visibility_timeout": 12 * 3600,
    "unacked_restore_interval": 30,
    "unacked_restore_throttle": 1,
}
CELERY_TIMEZONE = "UTC"
JOB_LEASE_SECONDS = env.integer("EXOMARK_JOB_LEASE_SECONDS", 60)
JOB_MAX_ATTEMPTS = 3
JOB_MEMORY_BYTES = env.integer("EXOMARK_JOB_MEMORY_BYTES", 4 * 1024**3)
JOB_DEADLINE_SECONDS = env.integer("EXOMARK_JOB_DEADLINE_SECONDS", 6 * 3600)
JOB_THREADS = env.integer("EXOMARK_JOB_THREADS", 2)
CELERY_BEAT_SCHEDULE = {
    "requeue-stale-jobs": {"task": "lims.requeue_stale_jobs", "schedule": env.integer("EXOMARK_REQUEUE_SECONDS", 20)},
    "worker-heartbeat": {"task": "lims.record_heartbeat", "schedule": 15.0, "options": {"expires": 30}},
    "expire-uploads": {"task": "lims.expire_uploads", "schedule": 3600.0},
    "verify-audit": {"task": "lims.verify_audit", "schedule": crontab(hour=19, minute=17)},
}

# API ----------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "lims.api.authentication.MachineKeyAuthentication",
        "lims.api.authentication.BrowserSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["lims.api.permissions.DenyByDefault"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "lims.api.pagination.CursorByIdPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["lims.api.throttling.KeyThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "key": env.text("EXOMARK_API_RATE", "6000/min"),
        "anonymous": env.text("EXOMARK_API_ANONYMOUS_RATE", "30/min"),
    },
    "EXCEPTION_HANDLER": "config.errors.api_exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "PAGE_SIZE": 100,
    "COERCE_DECIMAL_TO_STRING": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Exomark",
    "DESCRIPTION": "REST interface for instruments and pipelines.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "FileKind": "lims.choices.FileKind",
        "FileState": "lims.choices.FileState",
        "JobKind": "lims.choices.JobKind",
        "JobState": "lims.choices.JobState",
        "StudyKind": "validation.choices.StudyKind",
        "StudyState": "validation.choices.StudyState",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "lims.api.schema.describe_problems",
    ],
}

# Observation --------------------------------------------------------------------------------------------------------
METRICS_KEY = env.text("EXOMARK_METRICS_KEY", "")
LOG_FORMAT = env.text("EXOMARK_LOG_FORMAT", "json")
LOGGING_CONFIG = "config.logs.configure"
LOGGING = {"level": env.text("EXOMARK_LOG_LEVEL", "INFO"), "format": LOG_FORMAT}
SILENCED_SYSTEM_CHECKS: list[str] = []
