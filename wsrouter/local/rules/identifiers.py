"""Identifiers in the formats that API Gateway uses."""

import base64
import re
import secrets
import time

_CONNECTION_ID = re.compile(r"[A-Za-z0-9_-]{15}=")


def new_id() -> str:
    """A connection, request or message id: 15 base64url characters and `=`."""
    return base64.urlsafe_b64encode(secrets.token_bytes(11)).decode()


def is_connection_id(text: str) -> bool:
    return bool(_CONNECTION_ID.fullmatch(text))


def new_trace_id() -> str:
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"
