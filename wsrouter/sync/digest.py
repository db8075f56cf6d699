"""The digest in a deployment's Description: what the deployment holds."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from wsrouter.catalog.snapshot import Integration, RouteEntry, Snapshot
from wsrouter.wire import mapping

SECRET_TARGET = mapping.TARGET + mapping.SECRET
_TEXT = re.compile(
    r"^wsrouter config=([0-9a-f]{64}) secret=([0-9a-f]{64})(?: tags=([0-9a-f.]+))?$"
)
_RESERVED_TAGS = "wsrouter:"


@dataclass(frozen=True, kw_only=True, slots=True)
class Digest:
    """Hashes of the configuration without the secret and, separately, of the secret: so
    everything but the secret can be compared where the secret is not available.

    `tags` are short hashes of the tag keys in the settings. Only a tag in this list is
    ever removed from the API, so foreign tags are safe.
    """

    config: str
    secret: str
    tags: frozenset[str] = frozenset()

    def __str__(self) -> str:
        tags = f" tags={'.'.join(sorted(self.tags))}" if self.tags else ""
        return f"wsrouter config={self.config} secret={self.secret}{tags}"

    def has_tag(self, key: str) -> bool:
        """Whether the API got the tag with this key from the settings."""
        return _short_hash(key) in self.tags

    @classmethod
    def parse(cls, description: str) -> "Digest | None":
        """Read a deployment's Description; None when wsrouter did not write it."""
        match = _TEXT.match(description)
        if not match:
            return None
        tags = frozenset(match[3].split(".") if match[3] else ())
        return cls(config=match[1], secret=match[2], tags=tags)


def digest(wanted: Snapshot, *, kept: Mapping[str, RouteEntry]) -> Digest:
    """The digest of a deployment of `wanted` together with the stale routes that are
    `kept`."""
    config: dict[str, Any] = {
        "route_selection_expression": wanted.api.route_selection_expression,
        "integration": _without_secret(wanted.integration),
        "routes": {
            key: _route(route) for key, route in {**kept, **wanted.routes}.items()
        },
        "authorizer": asdict(wanted.authorizer) if wanted.authorizer else None,
        "models": {name: model.schema for name, model in wanted.models.items()},
    }
    # Left out when False, so that APIs published before this option keep their digest.
    if wanted.api.disable_execute_api_endpoint:
        config["disable_execute_api_endpoint"] = True
    text = json.dumps(config, sort_keys=True, separators=(",", ":"))
    return Digest(
        config=hashlib.sha256(text.encode()).hexdigest(),
        secret=_secret_hash(wanted.integration),
        tags=frozenset(
            _short_hash(key)
            for key in wanted.api.tags
            if not key.startswith(_RESERVED_TAGS)
        ),
    )


def _short_hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:8]


def _without_secret(integration: Integration) -> dict[str, Any]:
    values = asdict(integration)
    values["request_parameters"] = {
        target: source
        for target, source in integration.request_parameters.items()
        if target != SECRET_TARGET
    }
    return values


def _route(route: RouteEntry) -> dict[str, Any]:
    """Without `has_response`, which is never read for stale routes."""
    values = asdict(route)
    del values["has_response"], values["operation_name"]
    return values


def _secret_hash(integration: Integration) -> str:
    value = integration.request_parameters.get(SECRET_TARGET, "")
    purpose = f"wsrouter digest {integration.description}"
    return hmac.new(value.encode(), purpose.encode(), hashlib.sha256).hexdigest()
