"""The admin's log: what people did here besides changing a row."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import HttpRequest


def log_act(request: HttpRequest, model: type[Model], named: str, text: str) -> None:
    """One entry; `named` is what the act was about."""
    log_acts(request, model, [(None, named)], text)


def log_acts(
    request: HttpRequest,
    model: type[Model],
    objects: Iterable[tuple[Any, str]],
    text: str,
) -> None:
    """An entry for each of the objects, given as primary key and name."""
    content_type = ContentType.objects.get_for_model(model)
    LogEntry.objects.bulk_create(
        LogEntry(
            user_id=str(request.user.pk),
            content_type=content_type,
            object_id=None if key is None else str(key),
            object_repr=named[:200],
            action_flag=CHANGE,
            change_message=text,
        )
        for key, named in objects
    )
