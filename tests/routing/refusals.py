"""Declarations that are refused: what they must leave alone and whom they name."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel

from wsrouter import Router
from wsrouter.errors import DeclarationError

HERE = re.escape(str(Path(__file__).parent))


class Watch(BaseModel):
    order_id: int


def handler(payload: Watch) -> None: ...


def other(payload: Watch) -> None: ...


def declared(router: Router) -> dict[str, int]:
    """How much a router holds."""
    lists = ["routes", "defaults", "events", "connects", "disconnects", "middlewares"]
    lists += ["exception_handlers", "groups", "includes"]
    return {name: len(getattr(router, name)) for name in lists}


def refused(declare: Callable[[], object], *routers: Router) -> str:
    """The error message of a declaration, which must leave `routers` as they were."""
    before = [declared(router) for router in routers]
    with pytest.raises(DeclarationError) as caught:
        declare()
    assert [declared(router) for router in routers] == before
    return str(caught.value)


def names(message: str, *functions: str) -> bool:
    """Whether the message has these functions, each with a file of these tests and a
    line."""
    return all(re.search(rf"{f} \({HERE}/\w+\.py:\d+\)", message) for f in functions)
