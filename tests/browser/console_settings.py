"""A site with the console. Its static files are served as those of a deployment: under
hashed names alone, by WhiteNoise."""

import json
import os
from pathlib import Path

FOLDER = Path(os.environ["CONSOLE_FOLDER"])

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
    "tests.browser.console_urls.PolicyMiddleware",
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
ROOT_URLCONF = "tests.browser.console_urls"
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
        "DOCS": "public",
        "ALLOWED_ORIGINS": ["*"],
        "TRANSPORT": "threads",
        **json.loads(os.environ["CONSOLE_OPTIONS"]),
    }
}
