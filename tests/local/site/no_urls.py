"""A URLconf without the endpoint."""

from typing import Any

urlpatterns: list[Any] = []
