"""Users that are devices. The authorizer's principal contains their serial number."""

from typing import Any

from django.contrib.auth import get_user_model


def user_of_device(principal: str) -> Any:
    """The user `device-4711` for the principal `device:4711`; None if there is none."""
    kind, _, serial = principal.partition(":")
    if kind != "device":
        return None
    return get_user_model().objects.filter(username=f"device-{serial}").first()
