"""Request models: whether a message matches the draft-04 JSON schema of its route.

AWS describes them in "Request validation for WebSocket APIs in API Gateway".
"""

from functools import lru_cache
from typing import Any

import orjson

from wsrouter.catalog.snapshot import Snapshot
from wsrouter.errors import MissingExtra
from wsrouter.local import extra


def validation_error(text: str, schema: str) -> str | None:
    """The first thing that is wrong with the message, None when it is valid."""
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        return "not JSON"
    error = next(_validator(schema).iter_errors(body), None)
    return None if error is None else str(error.message)


def require_validator(snapshot: Snapshot) -> None:
    """Raise MissingExtra when the snapshot has models and jsonschema is missing."""
    for model in snapshot.models.values():
        _validator(model.schema)


@lru_cache(maxsize=512)
def _validator(schema: str) -> Any:
    try:
        from jsonschema import (  # type: ignore[import-untyped]
            Draft4Validator,
        )
    except ImportError as error:
        raise MissingExtra(extra.INSTALL_HINT) from error
    return Draft4Validator(orjson.loads(schema))
