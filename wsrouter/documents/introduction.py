"""The text at the top of a document: how the frames of a gateway look."""

from wsrouter.options.gateway import Gateway
from wsrouter.wire import selection

_ANSWERS = """\
The answer has the `id` of its message: `{"type": "reply", ...}` with a `payload`, or
`{"type": "error", ...}` with an `error` that has a `code` for programs and a `message`
for people. A message without an `id` to a route that replies nothing gets no answer.
Events come at any time; their `type` is the name of the event, and their `id` tells an
event that arrives twice from two equal ones. `wsrouter.ping` is answered with `{}`, and
keeps a silent connection alive.

API Gateway ends a connection after two hours, and after ten minutes without a frame."""


def introduction(gateway: Gateway) -> str:
    """In Markdown."""
    key = selection.parse(gateway.route_selection_expression).key
    if key is None:
        names = f"`{gateway.route_selection_expression}` names the route of a message."
    elif gateway.envelope == "flat":
        names = (
            f'A message is `{{"{key}": <route>, "id": <id>, ...}}`, with the fields of'
            " its payload beside these two."
        )
    else:
        names = (
            f'A message is `{{"{key}": <route>, "id": <id>, "payload": ...}}`. The `id`'
            " is optional."
        )
    return f"{names}\n\n{_ANSWERS}"
