"""Events as the AWS_PROXY integration of API Gateway sends them."""

from typing import Any

from tests.django.events import CONTEXT

API_ID = CONTEXT["apiId"]


def event(kind: str, connection_id: str, body: Any = None, **more: Any) -> Any:
    """As AWS sends it; fields of the client are there at CONNECT only."""
    keys = {"CONNECT": "$connect", "DISCONNECT": "$disconnect"}
    context = {
        "routeKey": more.pop("key", keys.get(kind, "$default")),
        "eventType": kind,
        "extendedRequestId": "HJ1ZVHX0vHcFtRQ=",
        "requestTime": "27/Nov/2025:08:00:00 +0000",
        "messageDirection": "IN",
        "stage": "production",
        "connectedAt": 1764230400123,
        "requestTimeEpoch": 1764230400456,
        "identity": {"userAgent": "Mozilla/5.0", "sourceIp": "203.0.113.9"},
        "requestId": "HJ1ZVHX0vHcFtRQ=",
        "domainName": f"{API_ID}.execute-api.eu-west-1.amazonaws.com",
        "connectionId": connection_id,
        "apiId": API_ID,
        **more.pop("context", {}),
    }
    if kind == "MESSAGE":
        context["messageId"] = CONTEXT["messageId"]
    found = {"requestContext": context, "isBase64Encoded": False, **more}
    return found if body is None else {**found, "body": body}
