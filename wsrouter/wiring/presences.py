"""Which groups have presence, as the routers of the gateways declare it, and what tells
them who comes and goes."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from typing import Any

from wsrouter import conf
from wsrouter.errors import EventTooLarge
from wsrouter.registry.presence import (
    presence_retention,
    presence_telling,
    present_users,
)
from wsrouter.registry.presence.presence_telling import Difference, Place
from wsrouter.routing.after_answer import TimeBudget
from wsrouter.routing.presence import Presence
from wsrouter.routing.table import table
from wsrouter.setting_caches import cleared_by
from wsrouter.wiring import leaving, substitutes
from wsrouter.wiring.routers import root_router

logger = logging.getLogger("wsrouter.delivery")
PAUSE_MS = 250
"""A group is left alone for so long after each event; and for a millisecond for each of
its members, of whom each is a post."""
LONGEST_PAUSE_MS = 30_000


def watched(groups: Sequence[str]) -> Sequence[str]:
    """Those of the groups that have presence, on whichever gateway."""
    found = [each for some in _by_gateway().values() for each in some]
    if not found:
        return ()
    return [group for group in groups if any(each.covers(group) for each in found)]


def is_any_watched() -> bool:
    """Whether any group could have presence."""
    return any(_by_gateway().values())


def changed(groups: Sequence[str]) -> None:
    """Tell these groups after the commit, and after the answer to a message."""
    for group in groups:
        leaving.follow(partial(_tell, group))


def users(group: str, gateway: str) -> Sequence[tuple[Any, int]]:
    """The users in a group, each with the number of connections."""
    found = present_users.connections_by_user(group, gateway)
    return [(user, found[user.pk]) for user in present_users.users(list(found))]


def count(group: str, gateway: str) -> int:
    """The number of users and of anonymous connections."""
    return present_users.count(group, gateway)


def snapshot(group: str, gateway: str) -> tuple[Sequence[Any] | None, int, int]:
    """The version is read before the members: whatever has a higher one may be in the
    list already, and nothing that has a lower one is missing from it."""
    version = presence_telling.version(Place(gateway, group))
    keys = present_users.connections_by_user(group, gateway)
    number = present_users.count(group, gateway)
    if number > conf.gateway(gateway).presence_members:
        return None, number, version
    return present_users.users(list(keys)), number, version


def presence_of(place: Place) -> Presence[Any] | None:
    """What is declared for a group; None where it has no presence."""
    some = _by_gateway().get(place.gateway, ())
    return next((each for each in some if each.covers(place.group)), None)


def tell_all_waiting() -> int:
    """What processes that have died did not tell, and who has left unnoticed. Returns
    the number of groups that were told."""
    presence_retention.note_unnoticed()
    places = presence_telling.waiting()
    told = sum(_tell_place(place) for place in places)
    presence_retention.delete_unused()
    return told


def _tell(group: str, _: TimeBudget) -> None:
    for place in _places(group):
        if not leaving.starts_later(place):  # in a crowd, this saves a query for each
            _tell_place(place)


def _places(group: str) -> Iterator[Place]:
    for gateway in _by_gateway():
        place = Place(gateway, group)
        if presence_of(place) is not None:
            yield place


def _tell_place(place: Place) -> bool:
    """Whether it is told now; if not, it was told just before, and is told soon. What
    fails is logged and stays to be told: other groups must not wait for it."""
    presence = presence_of(place)
    if presence is None:
        presence_retention.forget(place)
        return False
    send = partial(_send, presence)
    try:
        wait = presence_telling.tell(place, send, pause_ms=_pause_ms)
    except Exception:
        logger.exception("%s: the group %r was not told.", presence.name, place.group)
        return False
    if wait:
        leaving.start_later(place, wait / 1000, lambda _: _tell_place(place))
    return not wait


def _pause_ms(count: int) -> int:
    """Tests see each change: their sockets are in this thread, and nothing waits."""
    if substitutes.current.transport is not None:
        return 0
    return min(max(PAUSE_MS, count), LONGEST_PAUSE_MS)


def _send(presence: Presence[Any], difference: Difference) -> Mapping[Any, bytes]:
    """Send the event in the transaction that notes what it says."""
    most = conf.gateway(difference.place.gateway).presence_members
    number = max(difference.count, len(difference.joined), len(difference.left))
    if number > most:
        return _send_members(presence, difference, None, None)
    made = _members(presence, [*difference.joined, *difference.left])
    joined = {key: made[key] for key in difference.joined if key in made}
    left = [*_left(presence, difference, made)]
    try:
        return _send_members(presence, difference, joined, left)
    except EventTooLarge:
        return _send_members(presence, difference, None, None)


def _members(presence: Presence[Any], keys: Sequence[Any]) -> dict[Any, Any]:
    """Of those users who exist."""
    found = present_users.users(keys)
    members = presence.members(found)
    return dict(zip((user.pk for user in found), members, strict=True))


def _left(
    presence: Presence[Any], difference: Difference, made: Mapping[Any, Any]
) -> Iterator[Any]:
    """A user who was deleted leaves as the member that the group was told of."""
    for key, told in difference.left.items():
        if key in made:
            yield made[key]
        elif told and (member := presence.from_json(told)) is not None:
            yield member


def _send_members(
    presence: Presence[Any],
    difference: Difference,
    joined: Mapping[Any, Any] | None,
    left: Sequence[Any] | None,
) -> Mapping[Any, bytes]:
    gateway, group = difference.place
    payload = {
        "group": group,
        "joined": None if joined is None else list(joined.values()),
        "left": left,
        "count": difference.count,
        "version": difference.version,
    }
    presence.event.send(payload, group=group, gateway=gateway)
    return {key: presence.to_json(member) for key, member in (joined or {}).items()}


@cleared_by("WSROUTER", "INSTALLED_APPS", "DEBUG")
@cache
def _by_gateway() -> Mapping[str, Sequence[Presence[Any]]]:
    """None of a gateway that is configured wrongly, which a system check reports."""
    found: dict[str, Sequence[Presence[Any]]] = {}
    with suppress(conf.ConfigurationError):
        for alias, gateway in conf.gateways().items():
            with suppress(conf.ConfigurationError):
                found[alias] = table(root_router(gateway)).presences
    return found
