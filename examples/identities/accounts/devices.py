"""Users that are devices; the authorizer names them by their serial number."""

from typing import Any

from django.contrib.auth import get_user_model


def user_of_device(principal: str) -> Any:
    """`device:4711` is the user `device-4711`, if there is one."""
    kind, _, serial = principal.partition(":")
    if kind != "device":
        return None
    return get_user_model().objects.filter(username=f"device-{serial}").first()
