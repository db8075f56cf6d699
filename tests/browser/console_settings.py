"""A site with the console, as a deployment serves static files: hashed, by WhiteNoise.

`python -m django ws_local` runs it, since `runserver` answers without WhiteNoise only
where staticfiles is installed with DEBUG on; here DEBUG is off.
"""

import os
from pathlib import Path

import django

FOLDER = Path(os.environ["CONSOLE_FOLDER"])
POLICY = "default-src 'self'; img-src 'self' data:"
HAS_CSP = django.VERSION >= (6,)

SECRET_KEY = "for tests"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "wsrouter",
]
MIDDLEWARE = [
    "tests.browser.console_site.PolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
if os.environ.get("CONSOLE_CSP") == "django":
    from django.utils.csp import CSP  # type: ignore[import-not-found,unused-ignore]

    MIDDLEWARE[0] = "django.middleware.csp.ContentSecurityPolicyMiddleware"
    SECURE_CSP = {"default-src": [CSP.SELF]}
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
    },
]
ROOT_URLCONF = "tests.browser.console_site"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": FOLDER / "db.sqlite3",
        "OPTIONS": {"timeout": 20, "init_command": "PRAGMA journal_mode=WAL;"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = FOLDER / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SECRET = "0a1b2c3d4e5f60718293a4b5c6d7e8f9f8e7d6c5b4a392817060f5e4d3c2b1a0"
WSROUTER = {
    "default": {
        "API_NAME": "tea shop",
        "SECRET": SECRET,
        "ROUTER": os.environ.get(
            "CONSOLE_ROUTER", "tests.browser.console_routes.router"
        ),
        "DOCS": "public",
        "ALLOWED_ORIGINS": ["*"],
    }
}
