"""One open socket, as a handler sees it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async

from wsrouter.errors import HandshakeNotDone, NoAddress
from wsrouter.routing import ports
from wsrouter.routing.flow import Flow, call, run_async, run_sync
from wsrouter.routing.group import checked_group
from wsrouter.routing.ports import Address, GroupRules, Registry
from wsrouter.routing.state import ReadOnlyState, checked_state
from wsrouter.routing.unsaved_registry import PlainAnonymousUser, UnsavedRegistry


class Connection:
    """One open socket. It is a plain object: a test can make `Connection("id",
    user=u)`.

    `state` is a small JSON dict. It can be written in `connect` only; afterwards it is
    changed with `update_state`. Every method has an async twin with the prefix `a`.
    """

    def __init__(
        self,
        id: str,  # noqa: A002  # the frame's
        *,
        user: Any = None,
        gateway: str = "default",
        state: Mapping[str, Any] | None = None,
        groups: Iterable[str] = (),
        source_ip: str = "",
        user_agent: str = "",
        language: str = "",
        connected_at: datetime | None = None,
        api_id: str = "",
        stage: str = "",
        registry: Registry | None = None,
        group_rules: GroupRules | None = None,
    ) -> None:
        own_state = dict(state or {})
        self.id = id
        self.user: Any = PlainAnonymousUser() if user is None else user
        self.gateway = gateway
        self.source_ip = source_ip
        self.user_agent = user_agent
        self.language = language
        self.connected_at = connected_at
        self.api_id = api_id
        self.stage = stage
        self.state = ReadOnlyState(own_state) if registry else own_state
        self._registry: Registry = registry or UnsavedRegistry(
            groups, own_state, group_rules
        )

    def __repr__(self) -> str:
        return f"<Connection {self.id} user={self.user} gateway={self.gateway}>"

    @property
    def address(self) -> Address:
        return Address(
            connection_id=self.id,
            gateway=self.gateway,
            api_id=self.api_id,
            stage=self.stage,
        )

    def join(self, group: str, *, check: bool = True) -> None:
        """Become a member of a group. Raises InvalidValue, a ValueError, for a name
        that is not valid, and what the group's rule refuses with: MessageError with the
        code `permission_denied`, or what the rule raises. `check=False` does not ask
        the rule."""
        run_sync(self._joining(group, check))

    def _joining(self, group: str, check: bool) -> Flow[None]:
        name = checked_group(group)
        if check and (rules := self.group_rules):
            yield from rules.check(self, name)
        yield from call(self.join_unasked, (name,))

    def join_unasked(self, groups: Sequence[str]) -> None:
        """Join groups whose rules were asked, or need not be: for wsrouter itself."""
        self._registry.join(self.id, groups)
        # Not in `__init__`, which a connection from the registry does without.
        self.__dict__.setdefault("_joined", []).extend(groups)

    def leave(self, group: str) -> None:
        """Leave a group; leaving a group that was not joined is no error."""
        self.leave_all((checked_group(group),))

    def leave_all(self, groups: Sequence[str]) -> None:
        """Leave groups with valid names: for wsrouter itself."""
        self._registry.leave(self.id, groups)

    @property
    def group_rules(self) -> GroupRules | None:
        """Those of its gateway, None where none are known: for wsrouter itself."""
        return self._registry.group_rules(self.gateway)

    @property
    def groups(self) -> frozenset[str]:
        return self._registry.groups(self.id)

    def update_state(self, /, **changes: Any) -> Mapping[str, Any]:
        """Change keys of `state`, atomically, and return the whole dict. Raises
        InvalidValue, a ValueError, for what JSON cannot hold, such as NaN."""
        return self._update_state(changes)

    def _update_state(self, changes: Mapping[str, Any]) -> Mapping[str, Any]:
        state = self._registry.update_state(self.id, checked_state(changes))
        if state is not self.state:
            self.state = ReadOnlyState(state)
        return self.state

    def close(self) -> None:
        """Close the socket; the client sees close code 1000. Inside a message this
        happens after the answer, in order with what the message sends. Raises NoAddress
        for an object that was not made from a stored connection."""
        self._refuse_while_connecting("raise Reject to refuse it")
        self._check_address()
        ports.sender().close(self.address)

    def info(self) -> Mapping[str, Any]:
        """What API Gateway knows of the socket; raises ConnectionGone when it is
        closed, and NoAddress as `close` does.

        The keys are those of AWS's GetConnection: `connectedAt`, `lastActiveAt` and
        `identity`.
        """
        self._refuse_while_connecting("ask from the first message")
        self._check_address()
        return ports.sender().info(self.address)

    async def ajoin(self, group: str, *, check: bool = True) -> None:
        await run_async(self._joining(group, check))

    async def aleave(self, group: str) -> None:
        await sync_to_async(self.leave)(group)

    async def agroups(self) -> frozenset[str]:
        return await sync_to_async(self._registry.groups)(self.id)

    async def aupdate_state(self, /, **changes: Any) -> Mapping[str, Any]:
        return await sync_to_async(self._update_state)(changes)

    async def aclose(self) -> None:
        await sync_to_async(self.close)()

    async def ainfo(self) -> Mapping[str, Any]:
        return await sync_to_async(self.info)()

    def _check_address(self) -> None:
        """An id alone is no address: API Gateway also needs the API and the stage."""
        is_stored = not isinstance(self._registry, UnsavedRegistry)
        if not is_stored and not (self.api_id and self.stage):
            raise NoAddress(
                f"Connection({self.id!r}) has an id and no address: use"
                f" wsrouter.connections.get({self.id!r})."
            )

    def _refuse_while_connecting(self, instead: str) -> None:
        if ports.connection_in_handshake() is self:
            raise HandshakeNotDone(
                f"The handshake of connection {self.id} is not done: {instead}."
            )


def joined_groups(connection: Connection) -> tuple[str, ...]:
    """The groups that this object has joined, in order."""
    return tuple(dict.fromkeys(vars(connection).get("_joined", ())))
