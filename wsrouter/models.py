"""Rows: connections, groups, tickets, ended sessions, queued sends. Nothing here calls
AWS."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    _Text = models.CharField[str, str]
else:
    _Text = models.CharField


class ExactCharField(_Text):
    """A string that compares case-sensitively on every database.

    Connection ids that differ in case only are two connections; MySQL and MariaDB
    would treat them as equal under their default collations.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        parameters = super().db_parameters(connection)
        if connection.vendor == "mysql":
            parameters["collation"] = "utf8mb4_bin"
        return parameters


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
        permissions = (("publish_gateway", "Can publish a gateway to API Gateway"),)
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
    def of(cls, row: OpenConnection, group: str) -> "Membership":
        """A new membership, not saved yet."""
        copied = {name: getattr(row, name) for name in cls.COPIED}
        return cls(group=group, connection_id=row.connection_id, **copied)

    def __str__(self) -> str:
        return f"{self.connection_id} in {self.group}"


class Ticket(models.Model):
    """A proof of identity that one handshake may present, once. Only its digest is
    kept. `expires_at` is when the ticket expires, `proof_expires_at` when the identity
    that it proves does."""

    digest = models.CharField(max_length=64, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="wsrouter_tickets",
    )
    auth_hash = models.CharField(max_length=128, editable=False)
    session_hash = models.CharField(max_length=64, default="", editable=False)
    gateway = ExactCharField(max_length=128)
    connection_id = ExactCharField(max_length=128, default="", editable=False)
    proof_expires_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = (
            models.Index(fields=["session_hash"], name="wsrouter_ticket_session"),
        )

    def __str__(self) -> str:
        return f"a ticket of user {self.user_id}"


class EndedSession(models.Model):
    """A session that has ended: a handshake under way, or one that comes later with the
    same cookie, is refused. Ending a
    session only adds a row, so that it never waits for a lock; the sweep deletes old
    rows."""

    session_hash = models.CharField(max_length=64, editable=False)
    ended_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=["session_hash"], name="wsrouter_ended_session"),
            models.Index(fields=["ended_at"], name="wsrouter_ended_at"),
        )

    def __str__(self) -> str:
        return f"a session that ended at {self.ended_at}"


class QueuedSend(models.Model):
    """A send that workers carry out, and their counts so far. Slices are taken off it
    one after the other: `group_index` and `last_connection_id` say where the last one
    ended, `fully_sliced` that no recipient is left."""

    event = models.TextField()
    data = models.BinaryField()
    recipients = models.JSONField()
    left_out = models.PositiveIntegerField(default=0)
    group_index = models.PositiveIntegerField(default=0)
    last_connection_id = ExactCharField(max_length=128, default="")
    fully_sliced = models.BooleanField(default=False)
    delivered = models.BigIntegerField(default=0)
    gone = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    reasons = models.JSONField(default=dict)
    stopped = models.TextField(default="")
    touched_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.event}, send {self.pk}"


class QueuedSlice(models.Model):
    """A range of connection ids that belongs to the task `task_id` until
    `leased_until`. An empty `last_connection_id` means that the range has no end."""

    send = models.ForeignKey(
        QueuedSend, on_delete=models.CASCADE, related_name="slices"
    )
    group_index = models.PositiveIntegerField()
    after_connection_id = ExactCharField(max_length=128)
    last_connection_id = ExactCharField(max_length=128, default="")
    task_id = models.CharField(max_length=255)
    leased_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"slice {self.pk} of send {self.send_id}"
