"""What was measured."""

from django.db import models


class Measurement(models.Model):
    """The power of each turbine at a moment."""

    taken_at = models.DateTimeField(auto_now_add=True, db_index=True)
    kilowatts = models.JSONField()

    def __str__(self) -> str:
        return f"{self.taken_at:%H:%M:%S}"
