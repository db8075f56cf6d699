"""Rows of presence: what groups were told of who is in them, and what they are not told
yet. Who is in a group is in its memberships alone."""

from django.conf import settings
from django.db import models

from wsrouter.models.exact_char_field import ExactCharField


class PresenceGroup(models.Model):
    """A group that is told who comes and goes, on one gateway. Whoever tells it holds
    the lock on this row until the commit. `version` grows with each event; `count` is
    what the last one said, and `told_ms` is when that was."""

    gateway = ExactCharField(max_length=128)
    group = ExactCharField(max_length=255)
    version = models.BigIntegerField()
    count = models.PositiveIntegerField(default=0)
    told_ms = models.BigIntegerField(default=0, editable=False)

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["group", "gateway"], name="wsrouter_presence_group_once"
            ),
        )

    def __str__(self) -> str:
        return f"presence of {self.group}"


class PresenceChange(models.Model):
    """Somebody has joined or left a group, which is not told yet. It is written in the
    transaction of the membership, and only ever inserted and deleted: there is no lock
    that two transactions could wait for."""

    gateway = ExactCharField(max_length=128)
    group = ExactCharField(max_length=255)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        db_constraint=False,
        db_index=False,
        on_delete=models.DO_NOTHING,  # a deleted user has left
        related_name="+",
    )
    has_joined = models.BooleanField()
    created_ms = models.BigIntegerField(editable=False)

    class Meta:
        default_permissions = ()
        indexes = (
            models.Index(fields=["group", "gateway"], name="wsrouter_presence_change"),
        )

    def __str__(self) -> str:
        return f"a {'join' if self.has_joined else 'leave'} of {self.group}"


class PresentUser(models.Model):
    """A group was told that this user is in it. `member` is what it was told, as JSON;
    null where it was told the number alone."""

    gateway = ExactCharField(max_length=128)
    group = ExactCharField(max_length=255)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        db_constraint=False,
        db_index=False,
        on_delete=models.DO_NOTHING,  # the group is still to be told
        related_name="+",
    )
    member = models.BinaryField(null=True)

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["group", "gateway", "user"], name="wsrouter_present_user_once"
            ),
        )

    def __str__(self) -> str:
        return f"user {self.user_id} in {self.group}"
