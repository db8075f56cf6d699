"""The text at the top of a document: how the frames of a gateway look."""

from wsrouter.options.gateway import Gateway
from wsrouter.wire import selection
from wsrouter.wire.envelope import FLAT_SINCE

_ANSWERS = """\
The answer has the `id` of its message: `{"type": "reply", ...}` with a `payload`, or
`{"type": "error", ...}` with an `error` that has a `code` for programs and a `message`
for people. A message without an `id` to a route that replies nothing gets no answer.
Events come at any time; their `type` is the name of the event, and their `id` tells an
event that arrives twice from two equal ones. `wsrouter.ping` is answered with `{}`, and
keeps a silent connection alive.

API Gateway ends a connection after two hours, and after ten minutes without a frame."""
_STREAMS = """\
Some events are kept for clients that come back: the `stream` of such an event is its
number among those of a group, or of a user. A client that sends `{since}`, with a
message that joins the group again or with `wsrouter.ping`, gets `streams` in the reply:
all that it has missed, or `"recovered": false`, after which it reloads its state. An
event may come late, or twice; `wsrouter.skipped` takes the place of one that is not for
this client."""


def introduction(gateway: Gateway, *, keeps_events: bool) -> str:
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
    texts = [names, _ANSWERS]
    if keeps_events:
        since = FLAT_SINCE if gateway.envelope == "flat" else "since"
        texts.append(_STREAMS.format(since=since))
    return "\n\n".join(texts)
