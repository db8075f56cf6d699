"""Finds out from a handshake who is connecting."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import router
from django.http import HttpRequest
from django.utils.module_loading import import_string

from wsrouter.auth import cookie_session, foreign_token, security_log
from wsrouter.auth.ticket_store import digest_of
from wsrouter.errors import Reject
from wsrouter.identity import (
    Identity,
    Login,
    anonymous,
    has_row,
    identity_of,
    is_current,
)
from wsrouter.options.gateway import Gateway
from wsrouter.routing.flow import Flow, call, call_handler, is_async
from wsrouter.routing.frame import Frame
from wsrouter.wire import mapping

TICKET_PARAMETER = "ticket"
_LOGGED_CHARACTERS = 64

Claim = Callable[[str, Frame], Identity | None]
"""Uses a ticket for the frame's connection. Returns None for one that is invalid, has
expired or was used for another connection."""

FindUser = Callable[[HttpRequest], Login | None]
"""Finds the user of a request's session in place of Django, where it can."""


@dataclass(frozen=True, kw_only=True)
class Authentication:
    """Tries Django's session, a ticket, the authorizer's principal and the project's
    functions in this order; the first that returns an identity decides."""

    gateway: Gateway
    claim: Claim
    has_ended: Callable[[Collection[str]], bool]
    """Whether one of these sessions, given by their hashes, has ended lately."""
    find_user: FindUser = lambda _: None

    def identify(self, frame: Frame, request: HttpRequest) -> Flow[Identity]:
        """The identity of the caller; anonymous when no way returns one. Raises Reject
        for an invalid ticket, for a proof that has expired, and for the cookie of a
        session that has ended or cannot be read yet: a page whose session gets a new
        key may come back before it has the new cookie, and must not be anonymous for as
        long as its socket is open."""
        if TICKET_PARAMETER not in request.GET:
            foreign_token.hint_at(request, self.gateway.alias)
        identity = yield from self._identity(frame, request)
        if identity.has_expired:
            raise Reject(401, "The proof of the user has expired; log in.")
        return identity

    def _identity(self, frame: Frame, request: HttpRequest) -> Flow[Identity]:
        if identity := (yield from call(identify_by_session, request, self.find_user)):
            return identity
        if TICKET_PARAMETER in request.GET:
            return (yield from call(self._identify_by_ticket, frame, request))
        if identity := (yield from self._identify_by_principal(frame)):
            return identity
        for path in self.gateway.authentication:
            function = import_string(path)
            arguments = {"request": request}
            found = yield from call_handler(function, arguments, is_async(function))
            if identity := _checked_identity(path, found):
                return identity
        yield from call(self._refuse_cookie, request)
        return anonymous()

    def _refuse_cookie(self, request: HttpRequest) -> None:
        hashes = cookie_session.hashes_of_cookie(request)
        if hashes and self.has_ended(hashes):
            raise Reject(401, "The session has ended; log in.")
        if hashes and cookie_session.is_read_too_early(request):
            raise Reject(401, "The session cannot be read yet; try again.")

    def _identify_by_ticket(self, frame: Frame, request: HttpRequest) -> Identity:
        values = request.GET.getlist(TICKET_PARAMETER)
        digest = digest_of(values[0]) if len(values) == 1 else ""
        if digest and (identity := self.claim(digest, frame)):
            return identity
        raise Reject(401, "The ticket is invalid or has expired.")

    def _identify_by_principal(self, frame: Frame) -> Flow[Identity | None]:
        if not frame.principal or self.gateway.authorizer is None:
            return None
        self._check_principal_copies(frame)
        how = self.gateway.authorizer.user
        if "." not in how:
            user = yield from call(find_user, how, frame.principal)
        else:
            function = import_string(how)
            arguments = {"principal": frame.principal}
            user = yield from call_handler(function, arguments, is_async(function))
        identity = _checked_identity(how, user)
        if identity is None:
            security_log.warn(
                "Gateway %r: the authorizer's principal %r names no active user; see"
                " USER of AUTHORIZER.",
                self.gateway.alias,
                frame.principal[:_LOGGED_CHARACTERS],
            )
        return identity

    def _check_principal_copies(self, frame: Frame) -> None:
        """Raise Reject when a copy of the principal differs from it. HEADERS may map
        the principal once more, under a name that no client knows; then a difference
        shows that the usual header was set by the client."""
        for name, source in self.gateway.headers.items():
            if source == mapping.PRINCIPAL and frame.headers[name] != frame.principal:
                security_log.warn(
                    "Gateway %r: a handshake was refused: its principal is not the"
                    " authorizer's. Is the authorizer still attached to $connect?",
                    self.gateway.alias,
                )
                raise Reject(403)


def identify_by_session(request: HttpRequest, find_user: FindUser) -> Identity | None:
    """The user of Django's session. Its cookie arrives with `$connect` only."""
    cookie_session.prepare(request)
    login = find_user(request)
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    _check_row("request.user", user)
    session = getattr(request, "session", None)
    return identity_of(user, session=session, login=login)


def user_field(name: str) -> Any:
    """The field of the user model of that name: `pk` for the primary key, an empty
    string for the user name."""
    meta, default = get_user_model()._meta, get_user_model().USERNAME_FIELD
    if name == "pk":
        return meta.pk
    return {field.name: field for field in meta.concrete_fields}[name or default]


def find_user(name: str, principal: str) -> Any:
    """The user whose field `name` equals the principal; None without one, and when
    there are several. Values are compared again in Python, because some databases
    compare "BOB" and "bób" as equal to "bob"."""
    field = user_field(name)
    try:
        wanted = field.to_python(principal)
    except ValidationError:  # such as "x" for an integer key
        return None
    users: Any = get_user_model()
    rows = users._default_manager.using(router.db_for_write(users))
    named = rows.filter(**{field.name: wanted})[:3]
    found = [row for row in named if getattr(row, field.attname) == wanted]
    return found[0] if len(found) == 1 else None


def _checked_identity(path: str, found: Any) -> Identity | None:
    """The identity for what a function returned; None for an inactive user, whom
    Django's session does not accept either. Raises TypeError for another value."""
    if found is None:
        return None
    user = found.user if isinstance(found, Identity) else found
    if isinstance(user, type) or not hasattr(user, "is_authenticated"):
        raise TypeError(f"{path} returned {found!r}, which is not a user.")
    if not isinstance(found, Identity):
        found = identity_of(found)
    if not found.user.is_authenticated:
        return None
    _check_row(path, found.user)
    if not is_current(found.user, ""):
        return None
    identity: Identity = found
    if identity.auth_hash:
        return identity
    return identity_of(found.user, expires_at=found.expires_at)


def _check_row(path: str, user: Any) -> None:
    """Raise Reject for a user without a row, such as one made out of a token: the row
    of a connection refers to it, so that a message and an event find the user."""
    if not has_row(user):
        kind = type(user)
        security_log.warn(
            "A handshake was refused: %s is a %s.%s without a row in the table of"
            " users. Look the user up in the database.",
            path,
            kind.__module__,
            kind.__qualname__,
        )
        raise Reject(403)
