"""What an answer of the `@connections` API means for the post it answers."""

from wsrouter.delivery.ports import Fate, Posted

GONE = 410
FORBIDDEN = 403
BUSY = 429
PATIENCE_HELPS = frozenset({408, BUSY, 500, 502, 503, 504})
DELIVERED = Posted(Fate.DELIVERED)
_PERMISSION = frozenset({"", "AccessDeniedException", "ForbiddenException"})


def posted(status: int, code: str = "") -> Posted:
    """By status as well as by code: the body of a real 410 is empty."""
    if 200 <= status < 300:
        return DELIVERED
    if status == GONE or code == "GoneException":
        return Posted(Fate.GONE, "gone")
    if status == FORBIDDEN:
        return Posted(Fate.FAILED, "forbidden", stop=_refusal(code))
    again = status in PATIENCE_HELPS
    return Posted(Fate.FAILED, code or str(status), again=again)


def unanswered(error: BaseException) -> Posted:
    """The network failed: whether the post arrived is not known."""
    return Posted(Fate.FAILED, type(error).__name__, again=True)


def never_sent(error: BaseException) -> Posted:
    """It cannot be posted, as things are configured."""
    name = type(error).__name__
    return Posted(Fate.FAILED, name, stop=f"{name}: {error}")


def code_of(header: str | None) -> str:
    """The error's name in `x-amzn-errortype`, which may have a URL behind it."""
    return (header or "").partition(":")[0]


def _refusal(code: str) -> str:
    if code in _PERMISSION:
        return (
            "API Gateway refused the post (403): the credentials lack the permission"
            " execute-api:ManageConnections on .../POST/@connections/*, or the API's"
            " id, stage or MANAGEMENT_ENDPOINT is not the right one."
        )
    return f"API Gateway does not accept the credentials (403 {code})."
