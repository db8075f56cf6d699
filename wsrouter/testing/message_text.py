"""The text of a message, in a gateway's envelope."""

from typing import Any

from pydantic_core import from_json, to_json

from wsrouter.following.question import Positions
from wsrouter.options.gateway import Gateway
from wsrouter.routing.envelope_class import Envelope
from wsrouter.routing.outcome import Raw
from wsrouter.wire import selection

NO_PAYLOAD: Any = object()


def message_text(
    gateway: Gateway,
    action: str,
    payload: Any = NO_PAYLOAD,
    message_id: str | int | None = None,
    since: Positions | None = None,
) -> str:
    """The text of a message; `payload` is anything that pydantic can turn into JSON.
    Raises TypeError for an envelope class without the method `message`."""
    if gateway.custom_envelope is not None:
        return _in_custom(gateway.custom_envelope, action, payload, message_id)
    is_flat = gateway.envelope == "flat"
    key = selection.parse(gateway.route_selection_expression).key or "action"
    members: dict[str, Any] = {key: action}
    if message_id is not None:
        members["id"] = message_id
    if since is not None:
        members["$since" if is_flat else "since"] = since
    if payload is not NO_PAYLOAD and is_flat:
        members = from_json(to_json(payload)) | members
    elif payload is not NO_PAYLOAD:
        members["payload"] = payload
    return to_json(members).decode()


def _in_custom(
    envelope: Envelope, action: str, payload: Any, message_id: str | int | None
) -> str:
    given = ... if payload is NO_PAYLOAD else from_json(to_json(payload))
    try:
        message = envelope.message(action, message_id, given)
    except NotImplementedError:
        raise TypeError(
            f"{type(envelope).__qualname__} has no method message(), which writes what"
            " a client sends: write one, or use send_text()."
        ) from None
    return message.text if isinstance(message, Raw) else to_json(message).decode()
