"""The event that is sent: 191 bytes with its envelope."""

from wsrouter import Router

router = Router()
told = router.event("orders.changed", dict[str, str])
PAYLOAD = {"order": "7", "text": "x" * 131}
