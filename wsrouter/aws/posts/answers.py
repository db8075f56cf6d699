"""The meaning of an answer of the `@connections` API for the post that it answers."""

from wsrouter.delivery.ports import PostResult, PostStatus

GONE = 410
FORBIDDEN = 403
BUSY = 429
RETRYABLE_STATUSES = frozenset({408, BUSY, 500, 502, 503, 504})
DELIVERED = PostResult(PostStatus.DELIVERED)
_PERMISSION_CODES = frozenset({"", "AccessDeniedException", "ForbiddenException"})


def result_of(status: int, code: str = "") -> PostResult:
    """The result for an HTTP status and AWS's name of the error. Both count: the body
    of a real 410 is empty."""
    if 200 <= status < 300:
        return DELIVERED
    if status == GONE or code == "GoneException":
        return PostResult(PostStatus.GONE, "gone")
    if status == FORBIDDEN:
        stage_error = _forbidden_message(code)
        return PostResult(PostStatus.FAILED, "forbidden", stage_error=stage_error)
    retryable = status in RETRYABLE_STATUSES
    return PostResult(PostStatus.FAILED, code or str(status), retryable=retryable)


def unanswered(error: BaseException) -> PostResult:
    """The network failed: it is not known whether the post arrived."""
    return PostResult(PostStatus.FAILED, type(error).__name__, retryable=True)


def not_sendable(error: BaseException) -> PostResult:
    """The configuration, such as missing credentials, allows no post to this stage."""
    name = type(error).__name__
    return PostResult(PostStatus.FAILED, name, stage_error=f"{name}: {error}")


def error_code(header: str | None) -> str:
    """The error's name in `x-amzn-errortype`, which may have a URL behind it."""
    return (header or "").partition(":")[0]


def _forbidden_message(code: str) -> str:
    if code in _PERMISSION_CODES:
        return (
            "API Gateway refused the post (403): the credentials lack the permission"
            " execute-api:ManageConnections on .../POST/@connections/*, or the API's"
            " id, stage or MANAGEMENT_ENDPOINT is wrong."
        )
    return f"API Gateway does not accept the credentials (403 {code})."
