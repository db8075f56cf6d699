"""What the page is told."""

from datetime import datetime

from pydantic import BaseModel

from farm.models import Measurement
from wsrouter import Connection, Keep, Reject, Router

router = Router(tags=["farm"], login_required=True)
AT_ONCE = 60


class Measured(BaseModel):
    id: int
    taken_at: datetime
    kilowatts: dict[str, float]


class Board(BaseModel):
    measurements: list[Measured]


measured = router.event("farm.measured", Measured, keep=Keep(last=60, seconds=60))


@router.connect
def opened(connection: Connection) -> None:
    if not connection.user.is_authenticated:
        raise Reject(401, "Log in first.")


@router.route("farm.watch")
def watch(connection: Connection) -> Board:
    """The last minute, the oldest measurement first; what follows comes as events."""
    connection.join("farm")
    newest = Measurement.objects.order_by("-pk")[:AT_ONCE]
    return Board(measurements=[out(each) for each in newest][::-1])


def out(measurement: Measurement) -> Measured:
    return Measured.model_validate(measurement, from_attributes=True)
