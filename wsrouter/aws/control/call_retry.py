"""Calls to AWS, repeated after a growing pause where repeating is safe."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from wsrouter.aws import botocore_errors
from wsrouter.errors import SyncError
from wsrouter.sync.change import MASK
from wsrouter.sync.control_errors import Unanswered

ATTEMPTS = 6
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 10.0
ITEMS_PER_PAGE = "100"
"""AWS publishes no maximum; without MaxResults a page has 25 items."""


class RetryingCalls:
    """Calls the operations of a boto3 client, which is made at the first call.

    A call that AWS throttled, or refused because of a concurrent modification, is
    repeated. So is a call without a clear answer (5xx or a lost connection), unless it
    creates a resource: that raises `Unanswered`.
    """

    def __init__(
        self,
        client: Callable[[], Any],
        *,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.client = client
        self._sleep = sleep
        self._jitter = jitter

    def call(
        self, operation: str, /, *, mask: str = "", **arguments: Any
    ) -> Mapping[str, Any]:
        """Call `operation`, named as in boto3; raises SyncError.

        `mask` is a text that is replaced by `***` in errors.
        """
        for attempt in range(1, ATTEMPTS):
            try:
                return self._call_once(operation, arguments)
            except botocore_errors.errors() as error:
                if not _is_repeatable(error, operation):
                    raise _failure(error, operation, mask) from _cause(error, mask)
            self._sleep(self._pause_seconds(attempt))
        try:
            return self._call_once(operation, arguments)
        except botocore_errors.errors() as error:
            raise _failure(error, operation, mask) from _cause(error, mask)

    def pages(self, operation: str, **arguments: Any) -> Iterator[Mapping[str, Any]]:
        """Every item of a list; a page is fetched when the caller reads that far."""
        token: dict[str, Any] = {"MaxResults": ITEMS_PER_PAGE}
        while True:
            page = self.call(operation, **arguments, **token)
            if _is_web_page(page):
                raise SyncError(
                    f"{_operation_name(operation)} was answered by a web page, not by"
                    " API Gateway. Check the endpoint URL."
                )
            yield from page.get("Items", ())
            if not page.get("NextToken"):
                return
            token["NextToken"] = page["NextToken"]

    def _call_once(
        self, operation: str, arguments: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = getattr(self.client(), operation)(**arguments)
        return answer

    def _pause_seconds(self, attempt: int) -> float:
        full = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** (attempt - 1))
        return full * (1.0 + self._jitter()) / 2


def _is_repeatable(error: Exception, operation: str) -> bool:
    may_repeat = botocore_errors.is_uncertain(error) and not _creates(operation)
    return botocore_errors.was_not_carried_out(error) or may_repeat


def _creates(operation: str) -> bool:
    return operation.startswith("create_")


def _is_web_page(answer: Mapping[str, Any]) -> bool:
    """boto3 reads a web page as a list without items. (moto labels its lists text/html
    too, but those have items.)"""
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    is_html = str(headers.get("content-type", "")).startswith("text/html")
    return is_html and "Items" not in answer


def _operation_name(operation: str) -> str:
    return "".join(word.capitalize() for word in operation.split("_"))


def _failure(error: Exception, operation: str, mask: str) -> SyncError:
    failure = botocore_errors.failure(error, _operation_name(operation))
    if _creates(operation) and botocore_errors.is_uncertain(error):
        failure = Unanswered(str(failure))
    return type(failure)(str(failure).replace(mask, MASK)) if mask else failure


def _cause(error: Exception, mask: str) -> Exception | None:
    """The error to chain; None when its traceback would show the masked text."""
    return None if mask and mask in str(error) else error
