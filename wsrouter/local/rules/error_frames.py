"""The frames that API Gateway itself sends, with its spacing and order of keys."""

from wsrouter.local.rules.gateway_event import Event

FORBIDDEN = "Forbidden"
INTERNAL_SERVER_ERROR = "Internal server error"
TIMED_OUT = "Endpoint request timed out"
TOO_MANY_REQUESTS = "Too Many Requests"
UNAUTHORIZED = "Unauthorized"


def error(message: str, event: Event) -> str:
    return (
        f'{{"message": "{message}", "connectionId":"{event.caller.connection_id}",'
        f' "requestId":"{event.request_id}"}}'
    )


def bad_request_body(event: Event, third_key: str) -> str:
    third = event.message_id if third_key == "messageId" else event.request_id
    return (
        '{"message" : "Bad request body",'
        f' "connectionId": "{event.caller.connection_id}", "{third_key}": "{third}"}}'
    )
