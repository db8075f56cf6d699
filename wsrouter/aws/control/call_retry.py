"""Calls to AWS, repeated after a growing pause where that is safe."""

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
PAGE = "100"
"""Items of a list at once. AWS publishes no maximum, and 25 come without asking."""


class PatientCalls:
    """Calls the operations of a boto3 client, which is made with the first call.

    Calls that were throttled or collided with another change are repeated. Calls
    without a clear answer are too, unless they create: those raise `Unanswered`.
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
        self, operation: str, /, *, mask: str = "", **members: Any
    ) -> Mapping[str, Any]:
        """The answer of `operation` (as boto3 spells it); raises SyncError.

        `mask` is a value that must not appear in an error.
        """
        for attempt in range(1, ATTEMPTS):
            try:
                return self._once(operation, members)
            except botocore_errors.errors() as error:
                if not _is_repeatable(error, operation):
                    raise _failure(error, operation, mask) from _cause(error, mask)
            self._sleep(self._pause(attempt))
        try:
            return self._once(operation, members)
        except botocore_errors.errors() as error:
            raise _failure(error, operation, mask) from _cause(error, mask)

    def pages(self, operation: str, **members: Any) -> Iterator[Mapping[str, Any]]:
        """Every item of a list; a page is read when an item of it is asked for."""
        token: dict[str, Any] = {"MaxResults": PAGE}
        while True:
            page = self.call(operation, **members, **token)
            if _is_web_page(page):
                raise SyncError(
                    f"{_named(operation)} was answered by a web page, not by API"
                    " Gateway. Look at the endpoint URL."
                )
            yield from page.get("Items", ())
            if not page.get("NextToken"):
                return
            token["NextToken"] = page["NextToken"]

    def _once(self, operation: str, members: Mapping[str, Any]) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = getattr(self.client(), operation)(**members)
        return answer

    def _pause(self, attempt: int) -> float:
        longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** (attempt - 1))
        return longest * (1.0 + self._jitter()) / 2


def _is_repeatable(error: Exception, operation: str) -> bool:
    uncertain = botocore_errors.is_uncertain(error) and not _creates(operation)
    return botocore_errors.was_turned_away(error) or uncertain


def _creates(operation: str) -> bool:
    return operation.startswith("create_")


def _is_web_page(answer: Mapping[str, Any]) -> bool:
    """boto3 reads one as a list without items. (moto calls its lists that, too.)"""
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    page = str(headers.get("content-type", "")).startswith("text/html")
    return page and "Items" not in answer


def _named(operation: str) -> str:
    return "".join(word.capitalize() for word in operation.split("_"))


def _failure(error: Exception, operation: str, mask: str) -> SyncError:
    found = botocore_errors.failure(error, _named(operation))
    if _creates(operation) and botocore_errors.is_uncertain(error):
        found = Unanswered(str(found))
    return type(found)(str(found).replace(mask, MASK)) if mask else found


def _cause(error: Exception, mask: str) -> Exception | None:
    """None when a traceback of the cause would show what is masked."""
    return None if mask and mask in str(error) else error
