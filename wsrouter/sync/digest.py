"""The digest by which a deployment tells what it deployed."""

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
_OWN_TAG = "wsrouter:"


@dataclass(frozen=True, kw_only=True, slots=True)
class Digest:
    """Of the configuration without the secret, and of the secret, apart: so that all
    but the secret can be compared where the secret is not at hand. `tags` are those of
    the settings, by a short hash of their keys: nobody else's are ever taken away."""

    config: str
    secret: str
    tags: frozenset[str] = frozenset()

    def __str__(self) -> str:
        tags = f" tags={'.'.join(sorted(self.tags))}" if self.tags else ""
        return f"wsrouter config={self.config} secret={self.secret}{tags}"

    def has_tag(self, key: str) -> bool:
        """Whether the API got the tag with this key from the settings."""
        return _short(key) in self.tags

    @classmethod
    def parse(cls, description: str) -> "Digest | None":
        """Read a deployment's Description; None when it is not one of ours."""
        found = _TEXT.match(description)
        if not found:
            return None
        tags = frozenset(found[3].split(".") if found[3] else ())
        return cls(config=found[1], secret=found[2], tags=tags)


def digest(wanted: Snapshot, *, kept: Mapping[str, RouteEntry]) -> Digest:
    """The digest of what is deployed: `wanted`, and the stale routes that are kept."""
    config: dict[str, Any] = {
        "route_selection_expression": wanted.api.route_selection_expression,
        "integration": _without_secret(wanted.integration),
        "routes": {
            key: _route(route) for key, route in {**kept, **wanted.routes}.items()
        },
        "authorizer": asdict(wanted.authorizer) if wanted.authorizer else None,
        "models": {name: model.schema for name, model in wanted.models.items()},
    }
    if wanted.api.disable_execute_api_endpoint:  # others keep the digest they have
        config["disable_execute_api_endpoint"] = True
    text = json.dumps(config, sort_keys=True, separators=(",", ":"))
    return Digest(
        config=hashlib.sha256(text.encode()).hexdigest(),
        secret=_secret_hash(wanted.integration),
        tags=frozenset(
            _short(key) for key in wanted.api.tags if not key.startswith(_OWN_TAG)
        ),
    )


def _short(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:8]


def _without_secret(integration: Integration) -> dict[str, Any]:
    members = asdict(integration)
    members["request_parameters"] = {
        target: source
        for target, source in integration.request_parameters.items()
        if target != SECRET_TARGET
    }
    return members


def _route(route: RouteEntry) -> dict[str, Any]:
    """What is known of stale routes too: nobody reads their responses."""
    members = asdict(route)
    del members["has_response"], members["operation_name"]
    return members


def _secret_hash(integration: Integration) -> str:
    value = integration.request_parameters.get(SECRET_TARGET, "")
    purpose = f"wsrouter digest {integration.description}"
    return hmac.new(value.encode(), purpose.encode(), hashlib.sha256).hexdigest()
