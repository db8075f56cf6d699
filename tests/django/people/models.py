"""A user model of its own kind: a UUID for a key, a parent table, `from_db`."""

import uuid
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models


class Person(AbstractUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)


class Employee(Person):
    badge = models.JSONField(default=dict)

    @classmethod
    def from_db(cls, *args: Any, **options: Any) -> "Employee":
        made = super().from_db(*args, **options)
        made.seen = "by from_db"
        return made
