"""A project that asks who connects, as most do that have something to ask."""

from wsrouter import Connection, Reject, Router

router = Router()


@router.connect
def opened(connection: Connection) -> None:
    if not connection.user.is_authenticated:
        raise Reject(401, "Log in first.")
