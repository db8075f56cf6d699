"""The least IAM permissions, for who publishes and for the application."""

from typing import Any

from wsrouter.spec.snapshot import Snapshot

_WRITES = ["GET", "POST", "PATCH", "PUT", "DELETE"]


def publisher(snapshot: Snapshot, *, region: str, api_id: str = "") -> dict[str, Any]:
    """For who runs ws_sync. Without an id yet, all APIs: they have no names in ARNs."""
    own = f"{_control(region)}/apis/{api_id or '*'}"
    statements = [
        _allow("FindApi", ["GET"], [f"{_control(region)}/apis"]),
        _allow("WriteApi", _WRITES, [own, f"{own}/*"]),
        _allow(
            "Tags", ["GET", "POST", "PUT", "DELETE"], [f"{_control(region)}/tags/*"]
        ),
    ]
    if not api_id:
        statements.append(_allow("CreateApi", ["POST"], [f"{_control(region)}/apis"]))
    if snapshot.domain:
        domain = f"{_control(region)}/domainnames/{snapshot.domain.name}"
        statements += [
            _allow("CreateDomain", ["POST"], [f"{_control(region)}/domainnames"]),
            _allow("WriteDomain", _WRITES, [domain, f"{domain}/*"]),
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
