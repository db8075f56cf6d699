"""The route of every connection, however its user was identified."""

from pydantic import BaseModel

from wsrouter import Connection, Reject, Router

router = Router(login_required=True)


class Me(BaseModel):
    name: str


@router.connect
def opened(connection: Connection) -> None:
    if not connection.user.is_authenticated:
        raise Reject(401, "Log in first.")


@router.route("me")
def me(connection: Connection) -> Me:
    return Me(name=connection.user.get_username())
