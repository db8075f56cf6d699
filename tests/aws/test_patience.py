"""Which calls are repeated, and what is raised in the end."""

from typing import Any

import pytest
from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from wsrouter.aws.botocore_errors import refusal
from wsrouter.aws.control.call_retry import ATTEMPTS, RetryingCalls
from wsrouter.errors import SyncError
from wsrouter.sync.control_errors import (
    CallRefused,
    Conflict,
    Invalid,
    NotFound,
    Unanswered,
)

THROTTLED = refusal("X", "TooManyRequestsException", "Too Many Requests", 429)
COLLIDED = refusal("X", "ConflictException", "Due to concurrent modification.", 409)
EXISTS = refusal("X", "ConflictException", "Route already exists", 409)
BROKEN = refusal("X", "InternalFailure", "", 500)
TIMEOUT = ReadTimeoutError(endpoint_url="https://x")


class Client:
    """Answers with what it was given, one after the other."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.count = 0

    def __getattr__(self, name: str) -> Any:
        def call(**members: Any) -> Any:
            self.count += 1
            answer = self.answers.pop(0) if self.answers else {}
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def calls(client: Client, pauses: list[float] | None = None) -> RetryingCalls:
    pauses = pauses if pauses is not None else []
    return RetryingCalls(lambda: client, sleep=pauses.append, jitter=lambda: 1.0)


@pytest.mark.parametrize("operation", ["get_routes", "create_route", "update_route"])
@pytest.mark.parametrize("error", [THROTTLED, COLLIDED])
def test_turned_away_calls_are_repeated(operation: str, error: Exception) -> None:
    client, pauses = Client(error, error, {"x": 1}), []

    assert calls(client, pauses).call(operation) == {"x": 1}
    assert pauses == [1.0, 2.0]


@pytest.mark.parametrize("operation", ["get_routes", "update_route", "delete_route"])
@pytest.mark.parametrize("error", [BROKEN, TIMEOUT])
def test_unclear_calls_are_repeated(operation: str, error: Exception) -> None:
    client = Client(error)
    calls(client).call(operation)

    assert client.count == 2


@pytest.mark.parametrize("error", [BROKEN, TIMEOUT])
def test_unclear_creations_are_not(error: Exception) -> None:
    client = Client(error)

    with pytest.raises(Unanswered, match="CreateRoute"):
        calls(client).call("create_route")
    assert client.count == 1


def test_it_gives_up() -> None:
    client, pauses = Client(*[THROTTLED] * 20), []

    with pytest.raises(CallRefused, match="try again later"):
        calls(client, pauses).call("create_route")
    assert client.count == ATTEMPTS
    assert pauses == [1.0, 2.0, 4.0, 8.0, 10.0]


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (EXISTS, Conflict, "AWS refused CreateRoute: Route already exists."),
        (refusal("X", "NotFoundException", "No.", 404), NotFound, "No."),
        (refusal("X", "BadRequestException", "Bad", 400), Invalid, "Bad"),
        (refusal("X", "AccessDeniedException", "No", 403), CallRefused, "permission"),
        (refusal("X", "ExpiredTokenException", "No", 403), CallRefused, "expired"),
        (NoCredentialsError(), SyncError, "Set up AWS credentials"),
        (EndpointConnectionError(endpoint_url="u"), SyncError, "endpoint URL"),
        (ConnectTimeoutError(endpoint_url="u"), SyncError, "endpoint URL"),
    ],
)
def test_the_others_are_translated(
    error: Exception, kind: type[Exception], words: str
) -> None:
    client = Client(error)

    with pytest.raises(SyncError, match=words) as caught:
        calls(client).call("create_route")
    assert type(caught.value) is kind
    assert caught.value.__cause__ is error
    assert client.count == 1


def test_programming_errors_are_not() -> None:
    with pytest.raises(ZeroDivisionError):
        calls(Client(ZeroDivisionError())).call("get_routes")


def test_a_secret_is_masked() -> None:
    error = refusal("X", "BadRequestException", "Bad mapping 's3cret'", 400)

    with pytest.raises(Invalid, match=r"Bad mapping '\*\*\*'") as caught:
        calls(Client(error)).call("create_integration", mask="s3cret")
    assert caught.value.__cause__ is None


def test_pages() -> None:
    client = Client({"Items": [1, 2], "NextToken": "t"}, {"Items": []}, {"Items": [3]})

    assert list(calls(client).pages("get_routes")) == [1, 2]
    assert client.count == 2
