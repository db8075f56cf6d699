"""A typed outbound message that can be sent to connections."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Generic, TypeVar, Unpack

from asgiref.sync import sync_to_async

from wsrouter.errors import HandshakeNotDone
from wsrouter.routing import json_values, ports
from wsrouter.routing.adapter import adapter
from wsrouter.routing.connection import Connection
from wsrouter.routing.delivery import Delivery, Report, Status
from wsrouter.routing.keep import Keep
from wsrouter.routing.named_connections import ConnectionOrId
from wsrouter.routing.ports import Outgoing, Recipients
from wsrouter.routing.send_options import Choice, SendOptions

T = TypeVar("T")
MAX_STREAMS = 500
"""Groups or users that one send of a kept event can go to: it stores a row for each."""


class Event(Generic[T]):
    """Declared with `router.event(name, Model)`; `send` pushes it to connections."""

    def __init__(
        self,
        name: str,
        model: type[T],
        *,
        tags: tuple[str, ...] = (),
        summary: str = "",
        declared_at: str = "",
        keep: Keep | None = None,
    ) -> None:
        self.name = name
        self.model = model
        self.tags = tags
        self.summary = summary
        self.declared_at = declared_at
        self.keep = keep
        where = f"Event {name!r} ({declared_at})"
        self._adapter = adapter(model, name=where, role="payload")

    def __repr__(self) -> str:
        return f"<Event {self.name}>"

    def send(
        self,
        payload: T,
        *,
        connection: ConnectionOrId | None = None,
        connections: Iterable[ConnectionOrId] | None = None,
        user: Any = None,
        users: Iterable[Any] | None = None,
        group: str | None = None,
        groups: Iterable[str] | None = None,
        everyone: bool = False,
        exclude: Any = (),
        gateway: str | None = None,
        now: bool = False,
    ) -> Delivery:
        """Send to connections, users (or primary keys), groups or everyone.

        Connections of every gateway are reached unless `gateway` names one. `exclude`
        leaves out connections and users. The event leaves after the commit of every
        transaction that is open in this thread, and after the answer to the message
        that is being handled, unless `now` is True. An empty iterable reaches nobody.
        Raises EventTooLarge above 128 KB (API Gateway quota), ValidationError when the
        payload is not the event's, TypeError or ValueError for recipients that cannot
        be, and HandshakeNotDone for a connection inside its own `connect`.

        An event with `keep` is stored for each group or user (500 at most, 64 KB), and
        cannot be sent with `everyone`, nor with `now` inside a transaction.
        """
        sender = ports.sender()
        recipients = Choice(
            connection=connection,
            connections=connections,
            user=user,
            users=users,
            group=group,
            groups=groups,
            everyone=everyone,
            exclude=exclude,
            gateway=gateway,
        ).recipients()
        recipients, left_out = _without_connecting(recipients)
        opening = ports.connection_in_handshake()
        outgoing = Outgoing(
            event=self.name,
            payload=json_values.written(self._adapter, payload),
            recipients=recipients,
            left_out=left_out,
            keep=self._keep_for(recipients),
            opening=opening.id if opening else "",
        )
        if recipients.is_empty:
            return Delivery(event=self.name, status=Status.DONE, report=Report())
        return sender.send(outgoing, now=now)

    async def asend(self, payload: T, **options: Unpack[SendOptions]) -> Delivery:
        """The async twin of `send`, with the same options."""
        return await sync_to_async(self.send)(payload, **options)

    def _keep_for(self, recipients: Recipients) -> Keep | None:
        """Groups and users have streams; a connection does not outlive a reconnect."""
        if self.keep is None or recipients.connection_ids:
            return None
        if recipients.everyone:
            raise TypeError(
                f"The event {self.name!r} is kept, and cannot be sent to everyone: let"
                " the connections join a group, and send to that."
            )
        if len(recipients.groups or recipients.users) > MAX_STREAMS:
            raise ValueError(
                f"The event {self.name!r} is kept for each group and each user:"
                f" {MAX_STREAMS} of them is the most for one send."
            )
        return self.keep


def _without_connecting(recipients: Recipients) -> tuple[Recipients, int]:
    """Leave out the connection that is being opened here, and count it."""
    opening: Connection | None = ports.connection_in_handshake()
    if opening is None or opening.id in recipients.exclude:
        return recipients, 0
    if opening.id in recipients.connection_ids:
        raise HandshakeNotDone
    is_excluded = opening.user.pk in recipients.exclude_users
    is_recipient = (
        not is_excluded
        and recipients.gateway in ("", opening.gateway)
        and (
            recipients.everyone
            or opening.user.pk in recipients.users
            or bool(recipients.groups & opening.groups)
        )
    )
    excluded = recipients.exclude | {opening.id}
    return replace(recipients, exclude=excluded), int(is_recipient)
