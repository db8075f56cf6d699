"""Rows of queued sends."""

from django.db import models

from wsrouter.models.exact_char_field import ExactCharField


class QueuedSend(models.Model):
    """A send that workers carry out, and their counts so far. Slices are taken off it
    one after the other: `group_index` and `last_connection_id` say where the last one
    ended, `fully_sliced` that no recipient is left. `trace` is the trace that the send
    is a part of, where there is one. Once the reaper has queued it again, it does not
    do so before `resume_after`, unless a worker came in between."""

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
    trace = models.TextField(default="")
    queued_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(db_index=True)
    resume_after = models.DateTimeField(null=True, blank=True)

    class Meta:
        permissions = (
            ("view_queuedsend_payload", "Can view the payloads of queued sends"),
        )

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
