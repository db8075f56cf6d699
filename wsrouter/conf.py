"""The WSROUTER setting as typed values with defaults. It is read when first used."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from wsrouter.errors import WSRouterError
from wsrouter.options import (
    connecting,
    enveloping,
    environment,
    publishing,
    sending,
)
from wsrouter.options.gateway import Gateway
from wsrouter.routing.envelope_class import Envelope
from wsrouter.setting_caches import cleared_by
from wsrouter.wire import limits, secret, selection


class ConfigurationError(WSRouterError, ImproperlyConfigured):
    """The WSROUTER setting is wrong."""


_TYPES = {
    "API_NAME": str,
    "API_ID": str,
    "API_VERSION": str,
    "ENDPOINT": str,
    "ROUTER": str,
    "REGION": str,
    "STAGE": str,
    "DEFAULT_ROUTE": bool,
    "REPLIES_FIRST": bool,
    "ROUTE_SELECTION_EXPRESSION": str,
    "MANAGEMENT_ENDPOINT": str,
}
_STRING_DICTS = ("HEADERS", "TAGS")
_CHOICES: Mapping[str, tuple[str | None, ...]] = {
    "REPLY_VIA": ("response", "connection"),
    "PUBLISH": ("routes", "default"),
    "DOCS": ("debug", "staff", "public", None),
}
_READERS: Mapping[str, Callable[[Any], Any]] = {
    **publishing.READERS,
    **connecting.READERS,
    **sending.READERS,
    **enveloping.READERS,
}
NAMES = frozenset(
    {*_TYPES, *_STRING_DICTS, *_CHOICES, *_READERS, "SECRET", "TIMEOUT"}
    | {"CRASH_STATUS", "CRASH_MAIL_INTERVAL", "AWS"}
)
_FIELDS = {"LAMBDA": "lambda_function"}
"""The fields of Gateway that are not the setting's name in lower case."""
_WEEK_SECONDS = 7 * 24 * 60 * 60
_ALIAS = re.compile(r"[A-Za-z0-9._-]{1,128}")


@cleared_by("WSROUTER")
@cache
def gateways() -> Mapping[str, Gateway]:
    """The configured gateways by alias. Raises ConfigurationError.

    Without the setting there is one gateway, `default`, with every default.
    """
    entries = getattr(settings, "WSROUTER", {"default": {}})
    if not isinstance(entries, dict):
        raise ConfigurationError("WSROUTER must be a dict of gateways by alias.")
    found = {alias: _gateway(alias, entry) for alias, entry in entries.items()}
    _check_one_alias_per_api(found.values())
    return found


def gateway(alias: str = "default") -> Gateway:
    """The gateway of that alias. Raises ConfigurationError for an unknown alias."""
    try:
        return gateways()[alias]
    except KeyError:
        raise ConfigurationError(
            f"WSROUTER has no gateway {alias!r}, only: {', '.join(gateways()) or '-'}."
        ) from None


def accepted_secrets(alias: str) -> tuple[str, ...]:
    """The secrets that a request of this gateway may carry; unless DEBUG is on, only
    strong ones. Empty for a gateway that is not configured."""
    entry = gateways().get(alias)
    secrets = entry.secrets if entry else ()
    strong = _strong_secrets(secrets)
    return strong if len(strong) == len(secrets) or not settings.DEBUG else secrets


@lru_cache(maxsize=64)
def _strong_secrets(secrets: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value for value in secrets if secret.is_strong(value))


def _gateway(alias: Any, entry: Any) -> Gateway:
    where = f"WSROUTER[{alias!r}]"
    if not isinstance(alias, str) or not _ALIAS.fullmatch(alias):
        raise ConfigurationError(f"{where}: an alias has 1 to 128 of A-Z a-z 0-9 . _ -")
    if not isinstance(entry, dict):
        raise ConfigurationError(
            f"{where} must be a dict of settings.{_alias_hint(alias)}"
        )
    for name in entry:
        _check_name(where, name)
    values: dict[str, Any] = {
        name.lower(): _typed(where, name, entry[name], kind)
        for name, kind in _TYPES.items()
        if name in entry
    }
    values |= {
        name.lower(): _string_dict(where, name, entry[name])
        for name in _STRING_DICTS
        if name in entry
    }
    values |= {
        name.lower(): _choice(where, name, entry[name], choices)
        for name, choices in _CHOICES.items()
        if name in entry
    }
    values |= _secrets(where, entry) | _timeout(where, entry) | _aws(where, entry)
    values |= _crash_status(where, entry) | _options(where, entry)
    values |= _crash_mail_interval(where, entry)
    _check_selection(where, entry)
    values |= _for_envelope(where, entry, values)
    return Gateway(alias=alias, **values | environment.overridden(alias))


def _alias_hint(name: str) -> str:
    """A hint for a setting that stands where an alias should be."""
    if name not in NAMES:
        return ""
    return (
        f" {name!r} is a setting of a gateway, and WSROUTER has gateways by alias:"
        f' WSROUTER = {{"default": {{"{name}": ...}}}}.'
    )


def _options(where: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that have settings of their own. None counts as unset."""
    found: dict[str, Any] = {}
    for name, read in _READERS.items():
        if entry.get(name) is not None:
            try:
                found[_FIELDS.get(name, name.lower())] = read(entry[name])
            except ValueError as error:
                raise ConfigurationError(f"{where}[{name!r}]{error}") from error
    return found


def _check_name(where: str, name: str) -> None:
    if name in NAMES:
        return
    near = difflib.get_close_matches(str(name).upper(), NAMES, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ConfigurationError(f"{where} has an unknown setting {name!r}.{hint}")


def _typed(where: str, name: str, value: Any, kind: type) -> Any:
    if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
        return value
    raise ConfigurationError(
        f"{where}[{name!r}] must be a {kind.__name__}, not {value!r}."
    )


def _choice(
    where: str, name: str, value: Any, choices: tuple[str | None, ...]
) -> str | None:
    if (value is None or isinstance(value, str)) and value in choices:
        return value
    listed = " or ".join(map(repr, choices))
    raise ConfigurationError(f"{where}[{name!r}] must be {listed}, not {value!r}.")


def _string_dict(where: str, name: str, value: Any) -> dict[str, str]:
    if isinstance(value, dict) and all(
        isinstance(text, str) for pair in value.items() for text in pair
    ):
        return value
    raise ConfigurationError(f"{where}[{name!r}] must be a dict of strings.")


def _secrets(where: str, entry: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """None and an empty string count as unset: that is what a missing environment
    variable gives."""
    given = entry.get("SECRET") or ()
    listed = (given,) if isinstance(given, str) else given
    if not isinstance(listed, list | tuple) or not all(
        isinstance(value, str) for value in listed
    ):
        raise ConfigurationError(
            f"{where}['SECRET'] must be a string or a list of strings."
        )
    return {"secrets": tuple(value for value in listed if value)}


def _timeout(where: str, entry: Mapping[str, Any]) -> dict[str, float]:
    if "TIMEOUT" not in entry:
        return {}
    low, high = (
        limits.INTEGRATION_TIMEOUT_MINIMUM_SECONDS,
        limits.INTEGRATION_TIMEOUT_SECONDS,
    )
    value = entry["TIMEOUT"]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and low <= value <= high:
        return {"timeout": float(value)}
    raise ConfigurationError(
        f"{where}['TIMEOUT'] must be {low} to {high} seconds (API Gateway quota),"
        f" not {value!r}."
    )


def _crash_status(where: str, entry: Mapping[str, Any]) -> dict[str, int]:
    value = entry.get("CRASH_STATUS", 200)
    if type(value) is int and (value == 200 or 500 <= value <= 599):
        return {"crash_status": value}
    raise ConfigurationError(
        f"{where}['CRASH_STATUS'] must be 200, or 500 to 599, not {value!r}."
    )


def _crash_mail_interval(where: str, entry: Mapping[str, Any]) -> dict[str, float]:
    value = entry.get("CRASH_MAIL_INTERVAL")
    if value is None:
        return {}
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and 0 <= value <= _WEEK_SECONDS:
        return {"crash_mail_interval": float(value)}
    raise ConfigurationError(
        f"{where}['CRASH_MAIL_INTERVAL'] must be 0 to {_WEEK_SECONDS} seconds,"
        f" not {value!r}."
    )


def _aws(where: str, entry: Mapping[str, Any]) -> dict[str, str]:
    given = entry.get("AWS", {})
    if not isinstance(given, dict) or not set(given) <= {"PROFILE", "ENDPOINT_URL"}:
        raise ConfigurationError(f"{where}['AWS'] takes PROFILE and ENDPOINT_URL.")
    return {
        f"aws_{name.lower()}": _typed(f"{where}['AWS']", name, value, str)
        for name, value in given.items()
    }


def _check_selection(where: str, entry: Mapping[str, Any]) -> None:
    if expression := entry.get("ROUTE_SELECTION_EXPRESSION"):
        try:
            selection.parse(expression)
        except ValueError as error:
            raise ConfigurationError(
                f"{where}['ROUTE_SELECTION_EXPRESSION']: {error}"
            ) from error


def _for_envelope(
    where: str, entry: Mapping[str, Any], values: Mapping[str, Any]
) -> dict[str, Any]:
    """What follows from an application's own envelope."""
    if not isinstance(values.get("envelope"), Envelope):
        return {}
    expression = entry.get("ROUTE_SELECTION_EXPRESSION")
    key = selection.parse(expression).key if expression else None
    try:
        return enveloping.consequences(values["envelope"], entry, key)
    except ValueError as error:
        raise ConfigurationError(f"{where}{error}") from error


def _check_one_alias_per_api(found: Iterable[Gateway]) -> None:
    aliases: dict[tuple[str, str], str] = {}
    for gateway in found:
        for name in filter(None, (gateway.api_id, gateway.api_name)):
            other = aliases.setdefault((name, gateway.region), gateway.alias)
            if other != gateway.alias:
                raise ConfigurationError(
                    f"WSROUTER: {other!r} and {gateway.alias!r} are the same API,"
                    f" {name!r}."
                )
