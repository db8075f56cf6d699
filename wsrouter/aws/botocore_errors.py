"""Translates botocore's errors into SyncErrors that say what to do.

Errors are distinguished by their names, so that botocore is imported only when it has
failed.
"""

from collections.abc import Mapping
from typing import Any

from wsrouter.errors import SyncError
from wsrouter.sync.control_errors import CallRefused, Conflict, Invalid, NotFound

_BY_STATUS: Mapping[int, type[CallRefused]] = {
    400: Invalid,
    404: NotFound,
    409: Conflict,
}
_CREDENTIALS = "Set up AWS credentials (environment, AWS_PROFILE or --profile)."
_EXPIRED = "The AWS credentials have expired; get new ones."
_LOGIN = "Log in again (`aws sso login` or `aws login`)."
_PERMISSION = "The credentials lack this permission; `ws_export iam-policy` prints all."
_UNREACHABLE = "Check the network, the region and the endpoint URL."
_ADVICE: Mapping[str, str] = {
    "AccessDeniedException": _PERMISSION,
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "InvalidSignatureException": "The AWS secret key or this machine's clock is wrong.",
    "TooManyRequestsException": "API Gateway's rate limit is used up; try again later.",
    "UnrecognizedClientException": "AWS does not know these credentials.",
    "ConnectionError": _UNREACHABLE,
    "CredentialRetrievalError": _CREDENTIALS,
    "HTTPClientError": _UNREACHABLE,
    "LoginError": _LOGIN,
    "NoCredentialsError": _CREDENTIALS,
    "NoRegionError": "Set REGION, --region or AWS_DEFAULT_REGION.",
    "PartialCredentialsError": _CREDENTIALS,
    "ProfileNotFound": "Check the profile's name.",
    "SSOError": _LOGIN,
    "TokenRetrievalError": _LOGIN,
    "ValueError": _UNREACHABLE,
}


def errors() -> tuple[type[Exception], ...]:
    """The exceptions that botocore raises on purpose; it raises ValueError for an
    invalid endpoint URL."""
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError, ValueError


def failure(error: Exception, operation: str) -> SyncError:
    """The SyncError for a botocore error."""
    kind: type[SyncError] = SyncError
    if response(error):
        kind = _BY_STATUS.get(status(error), CallRefused)
    return kind(sentence(error, operation))


def sentence(error: Exception, operation: str) -> str:
    """What failed, and what to do about it where that is known."""
    answer = response(error)
    text = answer.get("Error", {}).get("Message") or code(error) or str(error)
    what = f"AWS refused {operation}" if answer else f"{operation} failed"
    return f"{what}: {text.rstrip('.')}. {_advice(error)}".strip()


def response(error: Exception) -> Mapping[str, Any]:
    """AWS's answer; empty when AWS did not answer."""
    return getattr(error, "response", None) or {}


def code(error: Exception) -> str:
    """AWS's name of the error; empty when AWS did not answer."""
    return str(response(error).get("Error", {}).get("Code", ""))


def status(error: Exception) -> int:
    """The HTTP status; 0 when AWS did not answer."""
    metadata = response(error).get("ResponseMetadata", {})
    return int(metadata.get("HTTPStatusCode", 0))


def was_not_carried_out(error: Exception) -> bool:
    """Whether AWS certainly did not carry out the call, so that it may be repeated."""
    collided = status(error) == 409 and "concurrent modification" in str(error)
    return status(error) == 429 or collided


def is_uncertain(error: Exception) -> bool:
    """Whether it is unknown if the call was carried out."""
    return status(error) >= 500 or "HTTPClientError" in _names(error)


def refusal(operation: str, name: str, message: str, http_status: int) -> Exception:
    """A ClientError as botocore raises it; for the in-memory control plane."""
    from botocore.exceptions import ClientError

    answer: Any = {
        "Error": {"Code": name, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": http_status},
    }
    return ClientError(answer, operation)


def _advice(error: Exception) -> str:
    names = [code(error), *_names(error)]
    return next((_ADVICE[name] for name in names if name in _ADVICE), "")


def _names(error: Exception) -> list[str]:
    return [kind.__name__ for kind in type(error).__mro__]
