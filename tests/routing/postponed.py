"""A module with annotations as strings, one of which nobody can resolve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from wsrouter import Connection


class Item(BaseModel):
    count: int


def resolvable(payload: Item, connection: Connection) -> list[Item]:
    return [payload, Item(count=len(connection.id))]


def local_payload() -> Callable[..., Any]:
    """A handler whose payload is a class of the function around it."""

    class Local(BaseModel):
        count: int

    def handler(payload: Local) -> None: ...

    return handler
