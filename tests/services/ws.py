"""One event."""

from wsrouter import Router

router = Router()
news = router.event("news", str)
