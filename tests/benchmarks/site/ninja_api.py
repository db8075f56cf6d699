"""django-ninja's way to take and give the same JSON."""

from ninja import NinjaAPI, Schema

api = NinjaAPI(docs_url=None, openapi_url=None)


class Order(Schema):
    order_id: int


class Frame(Schema):
    action: str
    id: str
    payload: Order


class Status(Schema):
    order_id: int
    status: str


class Answer(Schema):
    type: str
    action: str
    id: str
    payload: Status


@api.post("watch/", response=Answer)
def watch(request, frame: Frame):
    status = {"order_id": frame.payload.order_id, "status": "paid"}
    return {"type": "reply", "action": "watch", "id": frame.id, "payload": status}


@api.post("awatch/", response=Answer)
async def awatch(request, frame: Frame):
    return watch(request, frame)
