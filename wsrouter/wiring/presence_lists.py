"""Adds to the reply of `wsrouter.join` who is in the groups."""

from typing import Any

import orjson

from wsrouter import conf
from wsrouter.registry.presence.presence_telling import Place
from wsrouter.routing.frame import Frame
from wsrouter.routing.outcome import Reply
from wsrouter.wire import encode, limits, stream_frames
from wsrouter.wire.encode import Answer, FrameWriter
from wsrouter.wiring import chosen_envelope, presences, reporting


def with_presence(answered: Answer, reply: Reply, frame: Frame) -> Answer:
    """The groups have been joined: what fails here is reported, and the reply lists
    none. Where the lists are too large for a reply, it has the numbers alone."""
    groups, answered = answered.presence, answered._replace(presence=())
    try:
        lists = {group: _list(Place(frame.gateway, group)) for group in groups}
        return answered._replace(body=_body(reply, lists, frame.gateway))
    except Exception as error:  # noqa: BLE001  # reported
        reporting.report_crash(frame, None, error)
        return answered


def _body(reply: Reply, lists: dict[str, Any], alias: str) -> bytes:
    most = limits.MESSAGE_BYTES
    if reply.resume is not None:
        most -= stream_frames.entries_bytes(reply.resume)
    writer = chosen_envelope.writer(conf.gateway(alias))
    body = _with(reply, lists, writer, are_named=True)
    if len(body) > most:
        body = _with(reply, lists, writer, are_named=False)
    return body


def _with(
    reply: Reply, lists: dict[str, Any], writer: FrameWriter, *, are_named: bool
) -> bytes:
    unnamed = {} if are_named else {"members": None}
    written = {group: orjson.dumps(found | unnamed) for group, found in lists.items()}
    return encode.with_presence(reply, written, writer)


def _list(place: Place) -> dict[str, Any]:
    users, count, version = presences.snapshot(place.group, place.gateway)
    presence, members = presences.presence_of(place), None
    if presence and users is not None:
        found = presence.members(users)
        members = [orjson.Fragment(presence.to_json(member)) for member in found]
    return {"members": members, "count": count, "version": version}
