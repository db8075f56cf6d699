"""Rows of tickets and of ended sessions."""

from django.conf import settings
from django.db import models

from wsrouter.models.exact_char_field import ExactCharField


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
