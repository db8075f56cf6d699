"""Which stored identities may no longer hold, as the database finds out: who is
inactive or hidden, or has another password than at the handshake.

Nothing tells of an account that `QuerySet.update` or another program has changed, so
every sweep compares all connections with their users. It does so inside the database,
and reads those rows alone that it has to decide on.
"""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db.models import (
    CharField,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Concat, Left

from wsrouter import identity
from wsrouter.models import OpenConnection
from wsrouter.registry import listed_users

BATCH_ROWS = 20_000
"""Connections that one statement compares."""
PAGE_ROWS = 500
"""Connections that are read at once."""


class _Sha256(Func):
    """In hexadecimal digits. Django's own function needs an extension on PostgreSQL."""

    function = "SHA256"
    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "ENCODE(SHA256(CONVERT_TO(%(expressions)s, 'UTF8')), 'hex')"
        return super().as_sql(compiler, connection, template=template, **context)

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "SHA2(%(expressions)s, 256)"
        return super().as_sql(compiler, connection, template=template, **context)


def iter_doubtful(
    rows: "QuerySet[OpenConnection]", *, ask_all: bool
) -> Iterator[list[OpenConnection]]:
    """Pages of those connections whose user has to be looked at, with that user. All
    are, where `ask_all` says so, and where the user model decides in Python who is
    active or what a session depends on."""
    rows = rows.filter(user__isnull=False)
    doubtful = rows if ask_all else rows.filter(_may_be_stale())
    doubtful = doubtful.select_related("user").order_by("pk")
    for after, last in _batches(rows):
        while page := list(doubtful.filter(pk__gt=after, pk__lte=last)[:PAGE_ROWS]):
            yield page
            after = page[-1].pk


def _batches(rows: "QuerySet[OpenConnection]") -> Iterator[tuple[int, int]]:
    """Ranges of primary keys: more than the first and up to the last."""
    keys = rows.order_by("pk").values_list("pk", flat=True)
    after = 0
    while (key := keys.filter(pk__gt=after)[BATCH_ROWS - 1 :].first()) is not None:
        yield after, key
        after = key
    if (last := keys.filter(pk__gt=after).last()) is not None:
        yield after, last


def _may_be_stale() -> Q:
    model = get_user_model()
    if not (_has_column(model, "is_active") and identity.hashes_as_django(model)):
        return Q()
    expected = [_digest(key) for key in identity.password_keys()]
    same_password = Q(auth_hash="") | Q(password_digest__in=expected)
    found = Q(user__is_active=False) | ~same_password
    if not listed_users.are_all_listed():
        found |= ~Q(Exists(listed_users.rows().filter(pk=OuterRef("user_id"))))
    return found


def _digest(key: str) -> Any:
    """As `identity.password_digest` computes it."""
    keyed = Concat(Value(key), F("user__password"), output_field=CharField())
    return Left(_Sha256(keyed), identity.DIGEST_DIGITS)


def _has_column(model: Any, name: str) -> bool:
    try:
        return bool(model._meta.get_field(name).concrete)
    except FieldDoesNotExist:
        return False
