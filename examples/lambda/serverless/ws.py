"""The routes of the notifications example, and news for everybody who is connected."""

from inbox.ws import router as inbox_router
from pydantic import BaseModel

from wsrouter import Connection, Router

router = Router()
router.include(inbox_router)


class News(BaseModel):
    text: str


news_published = router.event("news.published", News)


@router.connect
def opened(connection: Connection) -> None:
    connection.join("readers")


@router.route("news.publish", login_required=True)
def publish(payload: News) -> None:
    """Tell all readers. On Lambda this is posted before the reply."""
    news_published.send(payload, group="readers")
