"""One difference between the wanted and the deployed API."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Action = Literal["create", "update", "delete"]
Resource = Literal[
    "api",
    "authorizer",
    "model",
    "integration",
    "route",
    "route_response",
    "stage",
    "deployment",
    "domain",
    "api_mapping",
    "tag",
    "permission",
]
Fields = Mapping[str, tuple[Any, Any]]
MASK = "***"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What happens to one resource. `fields` maps a field's name to its old and new
    value, with secrets masked. `danger` is a warning to show with the change; most
    changes have none."""

    action: Action
    resource: Resource
    key: str
    fields: Fields = field(default_factory=dict)
    danger: str = ""
