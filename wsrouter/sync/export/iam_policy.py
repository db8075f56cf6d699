"""The least IAM permissions: for running ws_sync, and for the application."""

from typing import Any

from wsrouter.catalog.snapshot import Snapshot

_API_VERBS = ["GET", "PATCH", "DELETE"]
_PART_VERBS = ["GET", "POST", "PATCH", "DELETE"]


def publisher_policy(
    snapshot: Snapshot, *, region: str, api_id: str = ""
) -> dict[str, Any]:
    """The policy for running ws_sync. Without an `api_id` it covers all APIs: an ARN
    names an API by its id only."""
    statements = [
        *_api(f"{_control_plane(region)}/apis", api_id),
        _allow("Tags", ["GET", "POST", "DELETE"], [f"{_control_plane(region)}/tags/*"]),
    ]
    if snapshot.domain:
        domain = f"{_control_plane(region)}/domainnames/{snapshot.domain.name}"
        statements += [
            _allow(
                "FindAndCreateDomain",
                ["GET", "POST"],
                [f"{_control_plane(region)}/domainnames"],
            ),
            _allow("Domain", ["PATCH", "DELETE"], [domain]),
            _allow("Mappings", _PART_VERBS, [f"{domain}/*"]),
        ]
    if snapshot.authorizer and snapshot.authorizer.credentials_arn:
        role = snapshot.authorizer.credentials_arn
        statements.append(
            {
                "Sid": "PassRole",
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": role,
            }
        )
    if snapshot.stage.access_log:
        statements.append(_logs())
    if snapshot.integration.invokes_function:
        statements.append(_function_policy(snapshot.integration.function))
    return _policy(statements)


def _api(apis: str, api_id: str) -> list[dict[str, Any]]:
    if not api_id:
        return [
            _allow("FindAndCreateApi", ["GET", "POST"], [apis]),
            _allow("ApiAndParts", _PART_VERBS, [f"{apis}/*"]),
        ]
    return [
        _allow("FindApi", ["GET"], [apis]),
        _allow("Api", _API_VERBS, [f"{apis}/{api_id}"]),
        _allow("Parts", _PART_VERBS, [f"{apis}/{api_id}/*"]),
    ]


def application_policy(
    snapshot: Snapshot, *, region: str, api_id: str = ""
) -> dict[str, Any]:
    """The policy for sending events, closing connections and reading their state."""
    stages = f"arn:{partition(region)}:execute-api:{region or '*'}:*:{api_id or '*'}"
    resource = f"{stages}/{snapshot.stage.name}/*/@connections/*"
    statement = {
        "Sid": "ManageConnections",
        "Effect": "Allow",
        "Action": "execute-api:ManageConnections",
        "Resource": resource,
    }
    return _policy([statement])


def partition(region: str) -> str:
    """The AWS partition of a Region, by the start of its name."""
    others = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
    matching = (name for start, name in others.items() if region.startswith(start))
    return next(matching, "aws")


def _control_plane(region: str) -> str:
    return f"arn:{partition(region)}:apigateway:{region or '*'}::"


def _allow(sid: str, verbs: list[str], resources: list[str]) -> dict[str, Any]:
    actions = [f"apigateway:{verb}" for verb in verbs]
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def _logs() -> dict[str, Any]:
    """The permissions that AWS demands for switching an access log on."""
    verbs = [f"{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")]
    verbs.append("ListLogDeliveries")
    return {
        "Sid": "AccessLog",
        "Effect": "Allow",
        "Action": [f"logs:{verb}" for verb in verbs],
        "Resource": "*",
    }


def _function_policy(function: str) -> dict[str, Any]:
    """The permissions for reading and writing who may invoke the function."""
    verbs = ("GetPolicy", "AddPermission", "RemovePermission")
    return {
        "Sid": "InvokePermission",
        "Effect": "Allow",
        "Action": [f"lambda:{verb}" for verb in verbs],
        "Resource": function,
    }


def _policy(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}
