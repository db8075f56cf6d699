"""Routes and events for the console: nested, recursive and discriminated models."""

from datetime import date
from enum import Enum
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from wsrouter import Connection, Keep, MessageError, Reject, Router

router = Router(tags=["shop"])


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class Line(BaseModel):
    item: str = Field(
        min_length=1, description="The name on the menu.", examples=["green tea"]
    )
    count: int = Field(ge=1, le=99, examples=[2])
    size: Size = Size.SMALL


class Card(BaseModel):
    kind: Literal["card"]
    number: str = Field(pattern=r"^\d{4}$", description="The last four digits.")


class Cash(BaseModel):
    kind: Literal["cash"]
    given: float


class Order(BaseModel):
    """What somebody wants."""

    lines: Annotated[list[Line], Field(min_length=1)]
    payment: Annotated[Card | Cash, Field(discriminator="kind")]
    note: str | None = None
    day: date | None = None
    is_gift: bool = False
    labels: dict[str, int] = {}


class Bill(BaseModel):
    total: int
    customer: str


class Menu(BaseModel):
    """A menu has menus in it."""

    name: str
    children: "list[Menu]" = []


class Stock(BaseModel):
    left: int


paid = router.event("orders.paid", Bill, summary="Somebody has paid.")
changed = router.event(
    "menu.changed", Menu, summary="The menu has changed.", keep=Keep(last=20)
)


@router.connect
def connect(connection: Connection) -> None:
    if not connection.user.is_authenticated:
        raise Reject(401, "Log in first.")


@router.route("orders.place", throttle="600/m", errors=["sold_out", ("few", Stock)])
def place(payload: Order, connection: Connection) -> Bill:
    """Place an order.

    The bill is pushed to all tabs of the customer, as `orders.paid`.
    """
    if any(line.item == "coffee" for line in payload.lines):
        raise MessageError("sold_out", "There is no coffee today.")
    total = sum(line.count for line in payload.lines)
    bill = Bill(total=total, customer=connection.user.username)
    paid.send(bill, user=connection.user)
    return bill


@router.route("orders.cancel", permissions=["auth.delete_user"])
def cancel(payload: int) -> None:
    """Cancel an order."""


@router.route("menu.change")
def change(payload: Menu) -> Menu:
    """Change the menu."""
    return payload


@router.route("menu.watch")
def watch(connection: Connection) -> None:
    """Watch the menu, which changes at once."""
    connection.join("menu")
    changed.send(Menu(name="tea"), group="menu", now=True)


@router.route("menu.show")
def show() -> Menu:
    """The menu of today."""
    return Menu(name="tea", children=[Menu(name="green tea")])


@router.default
def anything(text: str) -> str:
    """Whatever else arrives."""
    return text
