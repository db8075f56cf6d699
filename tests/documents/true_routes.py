"""Routes that return and push what they get, and routes that fail in every way."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import Http404
from pydantic import BaseModel, Field

from tests.documents import torture
from wsrouter import Connection, MessageError, Router

KINDS: Mapping[str, Any] = {
    "everything": torture.Everything,
    "special": torture.Special,
    "aliased": torture.Aliased,
    "computed": torture.Computed,
    "dataclass": torture.Point,
    "generic": torture.Page[torture.Tree],
    "open": torture.Open,
    "numbers": torture.OpenNumbers,
    "optional.pet": torture.Pet | None,
    "pet": torture.Pet,
    "strict": torture.Strict,
    "typed.dict": torture.Address,
    "by.colour": dict[torture.Colour, int],
}
NOT_OBJECTS: Mapping[str, Any] = {
    "json": torture.Json,
    "list": list[torture.Tree],
    "tuple": torture.Place,
    "text": str,
    "root": torture.Tags,
}


class Limit(BaseModel):
    at_most: int = Field(alias="atMost")


def echoing(kinds: Mapping[str, Any]) -> Router:
    """A route for each kind, which replies with its payload and pushes it."""
    router = Router()
    for name, kind in kinds.items():
        router.route(name)(_echo(router, name, kind))
    return router


def _echo(router: Router, name: str, kind: Any) -> Callable[..., Any]:
    event = router.event(f"{name}.told", kind)

    def echo(payload: kind, connection: Connection) -> kind:
        event.send(payload, connection=connection)
        return payload

    return echo


def raises(payload: str) -> None:
    if payload == "crash":
        raise RuntimeError(payload)
    if payload == "not_found":
        raise Http404
    detail = Limit(atMost=3) if payload == "limit" else None
    raise MessageError(payload, detail=detail)


def failing() -> Router:
    """Routes by the code that they answer when they are called as the tests do."""
    router = Router()

    declared = ["sold_out", "not_found", ("limit", Limit)]
    router.route("sold_out", errors=declared)(raises)

    @router.route("private", permissions=["shop.add_order"], errors=[])
    def private() -> None: ...

    @router.route("slow", throttle="1/h", errors=[])
    def slow(payload: int | None = None) -> None: ...

    @router.route("large", errors=[])
    def large() -> str:
        return "x" * 200_000

    router.route("free")(free)
    router.route("group", errors=[])(group)
    return router


def free(payload: int = 1) -> None:
    raise MessageError("anything", detail=["x" * payload])


def group(payload: str, connection: Connection) -> None:
    connection.join(payload)
