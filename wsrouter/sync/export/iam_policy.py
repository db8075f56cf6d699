"""The least IAM permissions, for who publishes and for the application."""

from typing import Any

from wsrouter.catalog.snapshot import Snapshot

_ITSELF = ["GET", "PATCH", "DELETE"]
_PARTS = ["GET", "POST", "PATCH", "DELETE"]


def publisher(snapshot: Snapshot, *, region: str, api_id: str = "") -> dict[str, Any]:
    """For who runs ws_sync. Without an id yet, all APIs: they have no names in ARNs."""
    statements = [
        *_api(f"{_control(region)}/apis", api_id),
        _allow("Tags", ["GET", "POST", "DELETE"], [f"{_control(region)}/tags/*"]),
    ]
    if snapshot.domain:
        domain = f"{_control(region)}/domainnames/{snapshot.domain.name}"
        statements += [
            _allow(
                "FindAndCreateDomain",
                ["GET", "POST"],
                [f"{_control(region)}/domainnames"],
            ),
            _allow("Domain", ["PATCH", "DELETE"], [domain]),
            _allow("Mappings", _PARTS, [f"{domain}/*"]),
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
    return _policy(statements)


def _api(apis: str, api_id: str) -> list[dict[str, Any]]:
    if not api_id:
        return [
            _allow("FindAndCreateApi", ["GET", "POST"], [apis]),
            _allow("ApiAndParts", _PARTS, [f"{apis}/*"]),
        ]
    return [
        _allow("FindApi", ["GET"], [apis]),
        _allow("Api", _ITSELF, [f"{apis}/{api_id}"]),
        _allow("Parts", _PARTS, [f"{apis}/{api_id}/*"]),
    ]


def application(snapshot: Snapshot, *, region: str, api_id: str = "") -> dict[str, Any]:
    """For what sends events, closes connections and asks about them."""
    where = f"arn:{partition(region)}:execute-api:{region or '*'}:*:{api_id or '*'}"
    resource = f"{where}/{snapshot.stage.name}/*/@connections/*"
    statement = {
        "Sid": "ManageConnections",
        "Effect": "Allow",
        "Action": "execute-api:ManageConnections",
        "Resource": resource,
    }
    return _policy([statement])


def partition(region: str) -> str:
    """Which part of AWS a region belongs to, by its name."""
    known = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
    found = (each for start, each in known.items() if region.startswith(start))
    return next(found, "aws")


def _control(region: str) -> str:
    return f"arn:{partition(region)}:apigateway:{region or '*'}::"


def _allow(sid: str, verbs: list[str], resources: list[str]) -> dict[str, Any]:
    actions = [f"apigateway:{verb}" for verb in verbs]
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def _logs() -> dict[str, Any]:
    """What AWS asks of who switches an access log on."""
    verbs = [f"{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")]
    verbs.append("ListLogDeliveries")
    return {
        "Sid": "AccessLog",
        "Effect": "Allow",
        "Action": [f"logs:{verb}" for verb in verbs],
        "Resource": "*",
    }


def _policy(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}
