"""The error frames that API Gateway itself sends, byte for byte: its spacing and its
order of keys, as observed on the real service."""

from wsrouter.local.rules.gateway_event import GatewayEvent

FORBIDDEN = "Forbidden"
INTERNAL_SERVER_ERROR = "Internal server error"
TIMED_OUT = "Endpoint request timed out"
TOO_MANY_REQUESTS = "Too Many Requests"
UNAUTHORIZED = "Unauthorized"


def error(message: str, event: GatewayEvent) -> str:
    return (
        f'{{"message": "{message}",'
        f' "connectionId":"{event.connection.connection_id}",'
        f' "requestId":"{event.request_id}"}}'
    )


def bad_request_body(event: GatewayEvent, third_key: str) -> str:
    """The frame of "Request validation for WebSocket APIs in API Gateway";
    `third_key` is `messageId` or `requestId`."""
    third = event.message_id if third_key == "messageId" else event.request_id
    return (
        '{"message" : "Bad request body",'
        f' "connectionId": "{event.connection.connection_id}",'
        f' "{third_key}": "{third}"}}'
    )
