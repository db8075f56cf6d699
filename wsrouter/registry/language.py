"""The language of a handshake, active while messages of its connection are handled: a
message carries no Accept-Language."""

from contextvars import ContextVar
from functools import cache

from django.conf import settings
from django.utils import translation

from wsrouter.setting_caches import cleared_by

MAX_CHARACTERS = 35
replaced: ContextVar[str] = ContextVar("wsrouter_replaced_language", default="")
"""The language that was active before `activate`, until `restore`."""


def of_handshake() -> str:
    """The language that is active now, empty for the project's LANGUAGE_CODE."""
    active = translation.get_language() or ""
    if len(active) > MAX_CHARACTERS or active in _defaults():
        return ""
    return active


@cleared_by("LANGUAGE_CODE", "LANGUAGES")
@cache
def _defaults() -> tuple[str, ...]:
    """LANGUAGE_CODE, and the language that LocaleMiddleware takes in its place: `en`
    for `en-us`."""
    try:
        supported = translation.get_supported_language_variant(settings.LANGUAGE_CODE)
    except LookupError:
        return (settings.LANGUAGE_CODE,)
    return (settings.LANGUAGE_CODE, supported)


def activate(language: str) -> None:
    """Make a stored language active for the rest of this message."""
    if not replaced.get():
        replaced.set(translation.get_language() or settings.LANGUAGE_CODE)
    translation.activate(language)


def restore() -> None:
    """Make the language active that was so before `activate`."""
    before = replaced.get()
    replaced.set("")
    if before == settings.LANGUAGE_CODE:
        translation.deactivate()
    else:
        translation.activate(before)
