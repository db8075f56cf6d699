"""Handlers of the test project, found by their module's name."""

from wsrouter import Router

router = Router(tags=["shop"])


@router.route("shop.echo")
def echo(payload: str) -> str:
    return payload
