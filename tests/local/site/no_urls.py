"""A URLconf that forgot the endpoint."""

from typing import Any

urlpatterns: list[Any] = []
