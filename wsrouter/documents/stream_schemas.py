"""The JSON Schemas of streams: how far a client has the kept events, and what it has
missed."""

from collections.abc import Iterable
from typing import Any

from wsrouter.documents.component_names import REF
from wsrouter.documents.json_schemas import Schema
from wsrouter.wire.envelope import MAX_POSITIONS
from wsrouter.wire.stream_frames import SKIPPED, StreamPosition

POSITION, SINCE = "wsrouter.Position", "wsrouter.Since"
ENTRY, KEPT_FRAME, SKIPPED_FRAME = (
    "wsrouter.StreamEntry",
    "wsrouter.KeptFrame",
    "wsrouter.SkippedFrame",
)
"""Names of components, which no model of an application can have."""
EXAMPLE = StreamPosition("3q2-7wAAQkGpXl5zV0nGdA", "9f86d081", 12)._asdict()
SINCE_EXAMPLE = {EXAMPLE["id"]: {"epoch": EXAMPLE["epoch"], "seq": EXAMPLE["seq"]}}

_ID: Schema = {"type": "string", "description": "Of a group's stream, or a user's."}
_EPOCH: Schema = {
    "type": "string",
    "description": "Numbers of another epoch mean nothing.",
}
_SEQ: Schema = {"type": "integer", "minimum": 0}
_POSITION: Schema = {
    "type": "object",
    "description": "The place of an event among those of a group or of a user: the same"
    " when the event arrives twice.",
    "properties": {"id": _ID, "epoch": _EPOCH, "seq": _SEQ},
    "required": ["id", "epoch", "seq"],
}
_SINCE: Schema = {
    "type": "object",
    "description": "How far the client has streams, by their ids. The reply has what it"
    " has missed of the groups that the message joins.",
    "maxProperties": MAX_POSITIONS,
    "propertyNames": {"maxLength": 64},
    "additionalProperties": {
        "type": "object",
        "properties": {
            "epoch": {"type": "string", "maxLength": 64},
            "seq": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1},
        },
        "required": ["epoch", "seq"],
    },
}
_SKIPPED: Schema = {
    "type": "object",
    "description": "Takes the place of an event that is not for this client.",
    "properties": {"type": {"const": SKIPPED}, "stream": {"$ref": REF + POSITION}},
    "required": ["type", "stream"],
}
_ENTRY: Schema = {
    "description": "What a reply tells of a stream. Without `id`: none could be read.",
    "anyOf": [
        {
            "type": "object",
            "properties": {
                "id": _ID,
                "epoch": _EPOCH,
                "seq": {
                    **_SEQ,
                    "description": "Of a client that has applied the events.",
                },
                "recovered": {
                    "type": "boolean",
                    "description": "False: events are missing. Reload the state that"
                    " they change.",
                },
                "again": {
                    "const": True,
                    "description": "The events did not fit: ask for them with a ping.",
                },
                "events": {
                    "type": "array",
                    "description": "All that was missed, in order.",
                    "items": {"$ref": REF + KEPT_FRAME},
                },
            },
            "required": ["id", "epoch", "seq", "recovered", "events"],
        },
        {
            "type": "object",
            "properties": {"recovered": {"const": False}},
            "required": ["recovered"],
            "additionalProperties": False,
        },
    ],
}
_STREAMS: Schema = {
    "type": "array",
    "description": "The streams of the groups that the message has joined; those of all"
    " groups, and of the user, in the answer to a ping with `since`.",
    "items": {"$ref": REF + ENTRY},
}


def stream_components(kept: Iterable[Schema]) -> dict[str, Schema]:
    """The components by name; `kept` are the schemas of the frames of kept events."""
    frames = [with_position(frame, is_required=True) for frame in kept]
    return {
        KEPT_FRAME: {
            "description": "A kept event in the answer to `since`.",
            "anyOf": [*frames, {"$ref": REF + SKIPPED_FRAME}],
        },
        POSITION: _POSITION,
        SINCE: _SINCE,
        SKIPPED_FRAME: _SKIPPED,
        ENTRY: _ENTRY,
    }


def with_position(frame: Schema, *, is_required: bool = False) -> Schema:
    """The frame of a kept event. It has no position when it is sent to single
    connections."""
    required = [*frame["required"], *(["stream"] if is_required else [])]
    return _with_member(frame, "stream", {"$ref": REF + POSITION}) | {
        "required": required
    }


def with_streams(reply: Schema) -> Schema:
    """The frame of a reply that may tell of streams."""
    return _with_member(reply, "streams", _STREAMS)


def _with_member(frame: Schema, name: str, schema: Any) -> Schema:
    return {**frame, "properties": {**frame["properties"], name: schema}}
