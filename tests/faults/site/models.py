"""The state of the application: what was published, whatever wsrouter keeps of it."""

from django.db import models


class Sent(models.Model):
    """One event of one stream, written in the transaction that sends it. `text` is in
    the event's payload. One that is `loose` was written before an event that was sent
    outside of a transaction, so a kill of its `sender` may have come between."""

    kind = models.CharField(max_length=5)
    name = models.CharField(max_length=40)
    text = models.CharField(max_length=40)
    sender = models.CharField(max_length=20)
    is_loose = models.BooleanField(default=False)

    class Meta:
        indexes = (models.Index(fields=["kind", "name", "id"], name="faults_sent_of"),)

    def __str__(self) -> str:
        return self.text
