"""Which of Django's caches cannot count for several processes, and why."""

from django.conf import settings
from django.core.cache import InvalidCacheBackendError, caches

HINT = "Use Redis, Valkey or Memcached"
_LOSES_COUNTS = "it loses counts when several processes add at once"
_PROBLEMS = {
    "django.core.cache.backends.locmem.LocMemCache": "every process has its own",
    "django.core.cache.backends.dummy.DummyCache": "it keeps nothing",
    "django.core.cache.backends.filebased.FileBasedCache": _LOSES_COUNTS,
    "django.core.cache.backends.db.DatabaseCache": _LOSES_COUNTS,
}


def problem(alias: str) -> str:
    """Why the cache of that name in CACHES cannot be counted in; empty where nothing is
    known against it."""
    if alias not in settings.CACHES:
        return "it is not in CACHES"
    try:
        backend = type(caches[alias])
    except (ImportError, InvalidCacheBackendError) as error:
        return str(error).rstrip(".")
    return _PROBLEMS.get(f"{backend.__module__}.{backend.__qualname__}", "")
