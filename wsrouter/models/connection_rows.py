"""Rows of open connections and of their groups."""

from typing import Any

from django.conf import settings
from django.db import models

from wsrouter.models.exact_char_field import ExactCharField


class OpenConnection(models.Model):
    """A socket that API Gateway holds open, as far as the registry knows."""

    connection_id = ExactCharField(max_length=128)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="wsrouter_connections",
    )
    auth_hash = models.CharField(max_length=128, editable=False)
    password_digest = models.CharField(max_length=32, default="", editable=False)
    session_hash = models.CharField(max_length=64, default="", editable=False)
    state = models.JSONField(default=dict)
    gateway = ExactCharField(max_length=128)
    api_id = models.CharField(max_length=64)
    stage = models.CharField(max_length=128)
    source_ip = models.CharField(max_length=45)
    user_agent = models.TextField()
    language = models.CharField(max_length=35, default="")
    connected_at = models.DateTimeField()
    stored_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = "open connection"
        permissions = (
            ("publish_gateway", "Can publish a gateway to API Gateway"),
            ("close_openconnection", "Can close open connections"),
            ("send_test_event", "Can send test events from the console"),
        )
        # Not `unique=True`, nor `db_index=True` on the other columns: on PostgreSQL
        # these make one more index, for LIKE.
        constraints = (
            models.UniqueConstraint(
                fields=["connection_id"], name="wsrouter_connection_once"
            ),
        )
        indexes = (
            models.Index(fields=["session_hash"], name="wsrouter_connection_session"),
            models.Index(fields=["expires_at", "id"], name="wsrouter_connection_end"),
            # In the order of a user's pages; a count of users reads it alone, too.
            models.Index(
                fields=["user", "connection_id", "expires_at"],
                name="wsrouter_connection_user",
            ),
        )

    def __str__(self) -> str:
        return self.connection_id


class Membership(models.Model):
    """A connection in a group, with a copy of all that a send needs: pages of a
    group are read from this table alone. To join, the connection's row is locked
    first, so the foreign key needs no constraint in the database."""

    COPIED = ("user_id", "gateway", "api_id", "stage", "stored_at", "expires_at")

    group = ExactCharField(max_length=255)
    connection = models.ForeignKey(
        OpenConnection,
        to_field="connection_id",
        db_constraint=False,
        db_index=False,
        on_delete=models.CASCADE,
        related_name="memberships",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        db_constraint=False,
        db_index=False,
        on_delete=models.DO_NOTHING,  # it is deleted together with its connection
        related_name="+",
    )
    gateway = ExactCharField(max_length=128)
    api_id = models.CharField(max_length=64)
    stage = models.CharField(max_length=128)
    stored_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["connection", "group"], name="wsrouter_membership_of_one"
            ),
        )
        # It covers the row: a page is read from the index alone, and not row by row.
        indexes = (
            models.Index(
                fields=[
                    "group",
                    "connection",
                    "expires_at",
                    "stored_at",
                    "gateway",
                    "api_id",
                    "stage",
                    "user",
                ],
                name="wsrouter_membership_page",
            ),
        )

    @classmethod
    def of(cls, row: Any, group: str) -> "Membership":
        """A new membership, not saved yet; `row` has the columns of a connection."""
        copied = {name: getattr(row, name) for name in cls.COPIED}
        return cls(group=group, connection_id=row.connection_id, **copied)

    def __str__(self) -> str:
        return f"{self.connection_id} in {self.group}"
