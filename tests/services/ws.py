"""One event, and a message that sends it."""

from wsrouter import Router

router = Router()
news = router.event("news", str)


@router.route("tell")
def tell(payload: str) -> None:
    news.send(payload, everyone=True)
