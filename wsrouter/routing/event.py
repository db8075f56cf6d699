"""A typed outbound message that can be sent to connections."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Generic, TypedDict, TypeVar, Unpack

from asgiref.sync import sync_to_async

from wsrouter.errors import HandshakeNotDone
from wsrouter.routing import json_values, ports
from wsrouter.routing.adapter import adapter
from wsrouter.routing.connection import Connection
from wsrouter.routing.delivery import Delivery, Report, Status
from wsrouter.routing.group import checked_group
from wsrouter.routing.ports import Outgoing, Recipients

T = TypeVar("T")
ConnectionOrId = Connection | str


class SendOptions(TypedDict, total=False):
    """The keyword arguments of `send`."""

    connection: ConnectionOrId | None
    user: Any
    group: str | None
    groups: Iterable[str] | None
    everyone: bool
    exclude: ConnectionOrId | Iterable[ConnectionOrId]
    gateway: str | None
    on_commit: bool


class Event(Generic[T]):
    """Declared with `router.event(name, Model)`; `send` pushes it to connections."""

    def __init__(
        self,
        name: str,
        model: type[T],
        *,
        tags: tuple[str, ...] = (),
        declared_at: str = "",
    ) -> None:
        self.name = name
        self.model = model
        self.tags = tags
        self.declared_at = declared_at
        where = f"Event {name!r} ({declared_at})"
        self._adapter = adapter(model, name=where, role="payload")

    def __repr__(self) -> str:
        return f"<Event {self.name}>"

    def send(
        self,
        payload: T,
        *,
        connection: ConnectionOrId | None = None,
        user: Any = None,
        group: str | None = None,
        groups: Iterable[str] | None = None,
        everyone: bool = False,
        exclude: ConnectionOrId | Iterable[ConnectionOrId] = (),
        gateway: str | None = None,
        on_commit: bool = True,
    ) -> Delivery:
        """Send to one connection, a user (or primary key), a group, groups or everyone.

        Connections of every gateway are reached unless `gateway` names one. While a
        transaction is open it is sent when that commits, unless `on_commit` is False.
        No groups (`groups=[]`) reach nobody. Raises EventTooLarge above 128 KB (API
        Gateway quota), ValidationError when the payload is not the event's, and
        HandshakeNotDone for a connection inside its own `connect`.
        """
        recipients = _recipients(
            connection=connection,
            user=user,
            group=group,
            groups=groups,
            everyone=everyone,
            exclude=exclude,
            gateway=gateway,
        )
        sender = ports.sender()
        recipients, left_out = _without_connecting(recipients)
        outgoing = Outgoing(
            event=self.name,
            payload=self._json(payload),
            recipients=recipients,
            left_out=left_out,
        )
        if groups is not None and not recipients.groups:
            return Delivery(event=self.name, status=Status.DONE, report=Report())
        return sender.send(outgoing, on_commit=on_commit)

    async def asend(self, payload: T, **options: Unpack[SendOptions]) -> Delivery:
        """The async twin of `send`, with the same options."""
        return await sync_to_async(self.send)(payload, **options)

    def _json(self, payload: T) -> bytes:
        written = json_values.dump(self._adapter, payload)
        if isinstance(written, bytes):
            return written
        return json_values.dump_again(self._adapter, payload, written)


def _id(one: ConnectionOrId) -> str:
    found: object = one.id if isinstance(one, Connection) else one
    if not isinstance(found, str) or not found:
        raise TypeError(f"A connection or its id is expected, not {one!r}.")
    return found


def _primary_key(user: Any) -> Any:
    """Raises ValueError for an anonymous user: None would mean that no user was
    given."""
    if (key := getattr(user, "pk", user)) is None:
        raise ValueError(f"send(user=...) takes a user who is stored, not {user!r}.")
    return key


def _ids(many: ConnectionOrId | Iterable[ConnectionOrId]) -> frozenset[str]:
    if isinstance(many, str | Connection):
        return frozenset({_id(many)})
    return frozenset(map(_id, many))


def _recipients(
    *,
    connection: ConnectionOrId | None,
    user: Any,
    group: str | None,
    groups: Iterable[str] | None,
    everyone: bool,
    exclude: ConnectionOrId | Iterable[ConnectionOrId],
    gateway: str | None,
) -> Recipients:
    chosen = [connection is not None, user is not None, group is not None]
    if sum([*chosen, groups is not None, everyone]) != 1:
        raise TypeError(
            "send() needs exactly one of connection=, user=, group=, groups= and"
            " everyone=True."
        )
    if isinstance(groups, str):
        raise TypeError("send(groups=...) takes several names; use group= for one.")
    named = [group] if group is not None else list(groups or ())
    return Recipients(
        connection_id=_id(connection) if connection is not None else "",
        user=_primary_key(user) if user is not None else None,
        groups=frozenset(map(checked_group, named)),
        everyone=everyone,
        exclude=_ids(exclude),
        gateway=gateway or "",
    )


def _without_connecting(recipients: Recipients) -> tuple[Recipients, int]:
    """Leave out the connection that is being opened here, and count it."""
    opening: Connection | None = ports.connection_in_handshake()
    if opening is None or opening.id in recipients.exclude:
        return recipients, 0
    if recipients.connection_id == opening.id:
        raise HandshakeNotDone
    is_recipient = recipients.gateway in ("", opening.gateway) and (
        recipients.everyone
        or (recipients.user is not None and recipients.user == opening.user.pk)
        or bool(recipients.groups & opening.groups)
    )
    excluded = recipients.exclude | {opening.id}
    return replace(recipients, exclude=excluded), int(is_recipient)
