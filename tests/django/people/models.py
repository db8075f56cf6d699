"""A user model of its own kind: a UUID for a key, a parent table, `from_db`, and a
column that is not read as it is stored."""

import uuid
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models


class Shouted(models.CharField):  # type: ignore[type-arg]
    """Read in a form of its own, as GeoDjango's fields are."""

    def select_format(self, compiler: Any, sql: str, params: Any) -> Any:
        return f"UPPER({sql}) || %s", [*params, "%!"]


class Person(AbstractUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    desk = Shouted(max_length=9, default="b7")


class Employee(Person):
    badge = models.JSONField(default=dict)

    @classmethod
    def from_db(cls, *args: Any, **options: Any) -> "Employee":
        made = super().from_db(*args, **options)
        made.seen = "by from_db"
        return made
