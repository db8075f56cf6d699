"""The digest of a password that connections keep, as the database computes it."""

from typing import Any

from django.db.models import CharField, F, Func
from django.db.models.functions import Concat, Left

from wsrouter.identity import DIGEST_DIGITS


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


def of(key: Any, password: str = "password") -> Any:  # noqa: S107  # a column's name
    """As `identity.password_digest` computes it with one of its keys; `password` is the
    column, as the query names it."""
    keyed = Concat(key, F(password), output_field=CharField())
    return Left(_Sha256(keyed), DIGEST_DIGITS)
