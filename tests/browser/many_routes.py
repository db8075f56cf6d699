"""500 routes, each with a payload and a reply."""

from pydantic import BaseModel

from wsrouter import Router

router = Router()


class Payload(BaseModel):
    name: str
    tags: list[str] = []


def handler(payload: Payload) -> Payload:
    return payload


for number in range(500):
    router.route(f"group{number % 25}.route{number}", summary=f"Route {number}.")(
        handler
    )
