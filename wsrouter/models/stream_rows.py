"""Rows of streams: kept events, and what numbers them."""

from datetime import UTC, datetime

from django.conf import settings
from django.db import models

from wsrouter.models.exact_char_field import ExactCharField


class Stream(models.Model):
    """The kept events of a group, or of a user, on one gateway. `top` is the highest
    number that was given; whoever gives one holds the lock on this row until the
    commit, so that numbers have no gap and become visible in their order.

    `public_id` is what clients know it by: the name of a group may say more than they
    may know. A client whose `epoch` is another one has positions that mean nothing.
    """

    class Kind(models.TextChoices):
        GROUP = "group"
        USER = "user"

    public_id = ExactCharField(max_length=22, editable=False)
    gateway = ExactCharField(max_length=128)
    kind = models.CharField(max_length=5, choices=Kind.choices)
    name = ExactCharField(max_length=255)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        db_constraint=False,  # a check of it would wait for transactions with the user
        on_delete=models.CASCADE,
        related_name="+",
    )
    epoch = models.CharField(max_length=8)
    top = models.BigIntegerField(default=0)
    last = models.PositiveIntegerField(default=0)
    seconds = models.PositiveIntegerField(default=0)
    touched_ms = models.BigIntegerField(editable=False)

    class Meta:
        default_permissions = ("view", "delete")
        constraints = (
            models.UniqueConstraint(fields=["public_id"], name="wsrouter_stream_id"),
            models.UniqueConstraint(
                fields=["gateway", "kind", "name"], name="wsrouter_stream_once"
            ),
        )

    def __str__(self) -> str:
        return f"stream of {self.kind} {self.name}"

    @property
    def touched_at(self) -> datetime:
        """When the last event was numbered, or the row was made."""
        return datetime.fromtimestamp(self.touched_ms / 1000, UTC)


class KeptEvent(models.Model):
    """An event of one stream. It has no number until the transaction that sent it has
    committed, and no `posted_at` until it has been posted to its audience.

    There is no foreign key in the database: its check would make numbering wait for
    the longest transaction.
    """

    stream = models.ForeignKey(
        Stream,
        null=True,
        db_constraint=False,
        db_index=False,
        on_delete=models.CASCADE,
        related_name="events",
    )
    seq = models.BigIntegerField(null=True)
    gateway = ExactCharField(max_length=128)
    kind = models.CharField(max_length=5, choices=Stream.Kind.choices)
    name = ExactCharField(max_length=255)
    event = models.TextField()
    event_id = models.CharField(max_length=16)
    payload = models.BinaryField()
    excluded = models.JSONField(null=True)
    """Lists of `connections` and of `users`, who get a marker instead."""
    last = models.PositiveIntegerField()
    seconds = models.PositiveIntegerField()
    created_ms = models.BigIntegerField(editable=False)
    numbered_ms = models.BigIntegerField(null=True, editable=False)
    posted_at = models.DateTimeField(null=True)
    trace = models.TextField(default="")
    """The trace that its send is a part of, for whoever posts it."""

    class Meta:
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(
                fields=["stream", "seq"], name="wsrouter_kept_event_once"
            ),
        )
        indexes = (
            models.Index(fields=["posted_at", "id"], name="wsrouter_kept_event_posted"),
            models.Index(
                fields=["seconds", "created_ms", "id"], name="wsrouter_kept_event_age"
            ),
        )

    def __str__(self) -> str:
        return f"{self.event} in {self.kind} {self.name}"


class ReaperRun(models.Model):
    """When `ws_reap`, or its task, ran last, and how far it has got with what it does
    in parts; one row."""

    ran_at = models.DateTimeField()
    positions = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"a run at {self.ran_at}"
