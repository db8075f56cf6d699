"""One event."""

from wsrouter import Router

router = Router()
told = router.event("told", str)
