"""The ways in which a handshake says who is connecting, in their order."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.module_loading import import_string

from wsrouter.auth import security_log
from wsrouter.errors import Reject
from wsrouter.identity import Identity, anonymous, is_current, proven
from wsrouter.options.gateway import Gateway
from wsrouter.routing.flow import Call, Flow, is_async
from wsrouter.routing.frame import Frame
from wsrouter.wire import mapping

PARAMETER = "ticket"
_TICKET = re.compile(r"[A-Za-z0-9_-]{43}")

Claim = Callable[[str, Frame], Identity | None]
"""Uses up a ticket for the frame's connection; None when it is not good for it."""


@dataclass(frozen=True, kw_only=True)
class Authentication:
    """Django's session, a ticket, the authorizer's principal, the project's functions:
    the first that knows the caller counts."""

    gateway: Gateway
    claim: Claim

    def identify(self, frame: Frame, request: HttpRequest) -> Flow[Identity]:
        """Raises Reject for a ticket that is not good."""
        if identity := (yield Call(of_session, {"request": request})):
            return identity  # type: ignore[no-any-return]
        if PARAMETER in request.GET:
            arguments = {"frame": frame, "request": request}
            return (yield Call(self._of_ticket, arguments))  # type: ignore[no-any-return]
        if identity := (yield from self._of_principal(frame)):
            return identity
        for path in self.gateway.authentication:
            function = import_string(path)
            found = yield Call(function, {"request": request}, is_async(function))
            if identity := _checked(path, found):
                return identity
        return anonymous()

    def _of_ticket(self, frame: Frame, request: HttpRequest) -> Identity:
        given = request.GET.getlist(PARAMETER)
        sound = len(given) == 1 and _TICKET.fullmatch(given[0])
        if sound and (identity := self.claim(given[0], frame)):
            return identity
        raise Reject(401, "The ticket is invalid or has expired.")

    def _of_principal(self, frame: Frame) -> Flow[Identity | None]:
        if not frame.principal or self.gateway.authorizer is None:
            return None
        self._check_copies(frame)
        how = self.gateway.authorizer.user
        if "." not in how:
            lookup = {"name": how, "principal": frame.principal}
            user = yield Call(user_of_field, lookup)
        else:
            function = import_string(how)
            arguments = {"principal": frame.principal}
            user = yield Call(function, arguments, is_async(function))
        return _checked(how, user)

    def _check_copies(self, frame: Frame) -> None:
        """HEADERS may carry the principal once more, under a name that no client
        knows: then it shows whether the usual one is the client's own."""
        for name, source in self.gateway.headers.items():
            if source == mapping.PRINCIPAL and frame.headers[name] != frame.principal:
                security_log.warn(
                    "Gateway %r: a handshake was refused: its principal is not the"
                    " authorizer's. Is the authorizer still attached to $connect?",
                    self.gateway.alias,
                )
                raise Reject(403)


def of_session(request: HttpRequest) -> Identity | None:
    """The user of Django's session cookie, which reaches us at `$connect` only."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    return proven(user, session=getattr(request, "session", None))


def user_field(name: str) -> Any:
    meta, default = get_user_model()._meta, get_user_model().USERNAME_FIELD
    if name == "pk":
        return meta.pk
    return {each.name: each for each in meta.concrete_fields}[name or default]


def user_of_field(name: str, principal: str) -> Any:
    """The one user whose field `name` (default: the user name) is the principal. It is
    compared again: databases may take "BOB" and "bób" for "bob"."""
    field = user_field(name)
    try:
        wanted = field.to_python(principal)
    except ValidationError:  # "x" is no primary key
        return None
    rows = get_user_model()._default_manager.filter(**{field.name: wanted})[:3]
    found = [each for each in rows if getattr(each, field.attname) == wanted]
    return found[0] if len(found) == 1 else None


def _checked(path: str, found: Any) -> Identity | None:
    """An inactive user is nobody, as with a session."""
    if found is None:
        return None
    if not isinstance(found, Identity):
        if not hasattr(found, "is_authenticated"):
            raise TypeError(f"{path} returned {found!r}, which is no user.")
        found = proven(found)
    if not found.user.is_authenticated or not is_current(found.user, ""):
        return None
    return found if found.auth_hash else proven(found.user, expires_at=found.expires_at)
