"""Who may invoke a Lambda function: what its resource-based policy says of an API.

The forms of a statement are those of the Lambda Developer Guide, "Granting Lambda
function access to AWS services".
"""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from wsrouter.catalog.lambda_function import ACTION, PRINCIPAL

_ROUTES = ("$connect", "$disconnect", "$default")
_SOURCE = "aws:sourcearn"


def statement_id(api_id: str) -> str:
    """The id of the statement that wsrouter adds for an API."""
    return f"wsrouter-{api_id}"


def source_arn(function: str, region: str, api_id: str) -> str:
    """All routes of an API that is in the account of the function."""
    _, partition, _, _, account, *_ = function.split(":")
    return f"arn:{partition}:execute-api:{region}:{account}:{api_id}/*"


def statements(policy: str) -> list[Mapping[str, Any]]:
    """The statements of a policy document."""
    found = json.loads(policy).get("Statement", [])
    return [found] if isinstance(found, dict) else list(found)


def permits(found: list[Mapping[str, Any]], *, api_id: str, stage: str) -> bool:
    """Whether API Gateway may invoke the function for every route of the stage."""
    patterns = [
        pattern
        for statement in found
        if _is_for_api_gateway(statement)
        for pattern in _sources(statement)
    ]
    return all(
        any(_covers(pattern, f"{api_id}/{stage}/{route}") for pattern in patterns)
        for route in _ROUTES
    )


def _is_for_api_gateway(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    service = principal.get("Service") if isinstance(principal, dict) else principal
    return (
        statement.get("Effect") == "Allow"
        and bool({PRINCIPAL, "*"} & set(_listed(service)))
        and any(fnmatchcase(ACTION, name) for name in _listed(statement.get("Action")))
    )


def _sources(statement: Mapping[str, Any]) -> Iterator[str]:
    """The patterns of the ARNs that may invoke; `*` where the statement has none."""
    conditions = [
        (key.lower(), value)
        for members in (statement.get("Condition") or {}).values()
        for key, value in members.items()
    ]
    if not conditions:
        yield "*"
    for key, value in conditions:
        if key == _SOURCE:
            yield from _listed(value)


def _covers(pattern: str, route: str) -> bool:
    """Whether a pattern covers the route, whatever its Region and account."""
    *_, pattern_of_route = pattern.split(":", 5)
    return fnmatchcase(route, pattern_of_route)


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())
