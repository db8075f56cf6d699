"""Ends sessions and connections: records the end in the caller's transaction, marks the
rows when it has committed, and closes the sockets after the response, in a worker where
the gateway has a task engine."""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from operator import attrgetter

from django.db import DatabaseError

from wsrouter import conf
from wsrouter.auth import ticket_store
from wsrouter.registry import database, ended_sessions, revocation
from wsrouter.registry.retrying import retried
from wsrouter.routing.frame import Cause
from wsrouter.routing.ports import Address, RemovedConnection
from wsrouter.wiring import after_response, closing, incoming, sender_for

logger = logging.getLogger("wsrouter.security")
Mark = Callable[[], list[Address]]


@contextmanager
def session_ending(session_hashes: Sequence[str]) -> Iterator[None]:
    """Around what deletes a session. Handshakes are refused before it is deleted, so
    that none is taken for an anonymous one; its connections end afterwards."""
    record_end(session_hashes)
    yield
    mark_ended(session_hashes)


def end_session(session_hashes: Sequence[str]) -> None:
    """End the connections and the tickets of a session."""
    with session_ending(session_hashes):
        pass


def record_end(session_hashes: Sequence[str]) -> None:
    """Refuse the session's handshakes from now on, or from the commit. Outside of a
    transaction an error of the database is logged: it must not keep the session from
    ending."""
    try:
        retried(partial(ended_sessions.add, session_hashes))
    except DatabaseError:
        if database.in_transaction():
            raise
        logger.exception("The end of a session could not be recorded.")


def mark_ended(session_hashes: Sequence[str]) -> None:
    """End the session's connections and tickets when the open transaction commits, or
    now if none is open."""

    def mark() -> list[Address]:
        found = revocation.expire_session(session_hashes)
        ticket_store.delete_of_sessions(session_hashes)
        return found

    def run() -> None:  # Django logs the name of one that fails: no partial has any
        _mark_and_close(mark)

    if not database.after_commit(run):
        try:
            run()
        except DatabaseError:
            logger.exception("The connections of a session are left to the sweep.")


def end_marked(mark: Mark) -> int:
    """End the connections that `mark` expires, now and, for handshakes that were under
    way, once more after the commit; returns how many it found now."""
    found = retried(mark)
    if not database.after_commit(lambda: _mark_and_close(mark, found)):
        close_after_response(found)
    return len(found)


def end_connections(connection_ids: Collection[str]) -> int:
    """End these connections, and return how many of them have a row. One that has ended
    before, and could not be closed then, is closed once more."""
    ended_before = revocation.expired_among(connection_ids)
    close_after_response(ended_before)
    mark = partial(revocation.expire_connections, connection_ids)
    return len(ended_before) + end_marked(mark)


def end_refused(address: Address) -> None:
    """End a connection whose message was refused as `not_authenticated`."""
    revocation.expire_connection(address.connection_id)
    close_after_response([address])


def end_removed(removed: Sequence[RemovedConnection]) -> None:
    """Close the sockets of connections whose rows are gone already, and run their
    disconnect handlers."""
    close_after_response([entry.connection.address for entry in removed])
    for entry in removed:
        gateway = entry.connection.address.gateway
        if gateway in conf.gateways():
            lifecycle = incoming.lifecycle(gateway)
            lifecycle.connection_removed(entry.connection, Cause.ENDED)


def close_after_response(addresses: Sequence[Address]) -> None:
    """Close the sockets of connections that have ended, and forget their rows."""
    if addresses:
        after_response.run(partial(_close, addresses))


def _mark_and_close(mark: Mark, found: Sequence[Address] = ()) -> None:
    close_after_response([*found, *retried(mark)])


def _close(addresses: Sequence[Address]) -> None:
    by_gateway = attrgetter("gateway")
    for alias, group in groupby(sorted(addresses, key=by_gateway), by_gateway):
        of_gateway = list(group)
        if not _is_queued(of_gateway, alias):
            closing.finish_all(of_gateway)


def _is_queued(addresses: Sequence[Address], alias: str) -> bool:
    """Queue the end of connections; False when it has to be done here. A broker that is
    down must not keep a user from logging out, so its errors are logged and passed
    over."""
    try:
        return sender_for.end_in_background(addresses, alias)
    except Exception:
        logger.exception("No worker can be asked to close connections: closed here.")
        return False
