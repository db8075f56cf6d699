"""Request models: whether a message fulfils the draft-04 schema of its route."""

from functools import lru_cache
from typing import Any

import orjson

from wsrouter.catalog.snapshot import Snapshot
from wsrouter.errors import MissingExtra
from wsrouter.local import extra


def problem(text: str, schema: str) -> str | None:
    """What is wrong with the message, None when nothing is."""
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        return "no JSON"
    found = next(_validator(schema).iter_errors(body), None)
    return None if found is None else str(found.message)


def require(snapshot: Snapshot) -> None:
    """Raises MissingExtra when it has models and nothing can check them."""
    for model in snapshot.models.values():
        _validator(model.schema)


@lru_cache(maxsize=512)
def _validator(schema: str) -> Any:
    try:
        from jsonschema import (  # type: ignore[import-untyped]
            Draft4Validator,
        )
    except ImportError as error:
        raise MissingExtra(extra.MISSING) from error
    return Draft4Validator(orjson.loads(schema))
