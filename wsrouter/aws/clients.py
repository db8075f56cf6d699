"""boto3 clients: one for each process, service, region, profile and endpoint.

boto3 is imported with the first client. To make clients is not thread-safe, to use them
is: so they are made under a lock, and a forked process makes its own.
"""

import os
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
PLACEHOLDER = "wsrouter-local"
"""The access key and secret key of requests to this machine, where no credentials are
configured."""
PLACEHOLDER_REGION = "us-east-1"
DEFAULTS: Mapping[str, Any] = {
    "connect_timeout": 5,
    "read_timeout": 20,
    "retries": {"total_max_attempts": 1, "mode": "standard"},
}
"""Seconds, and no automatic retries: a repeated create makes a second resource."""

_clients: dict[tuple[Any, ...], Any] = {}
_lock = threading.Lock()


def client(
    service: str,
    *,
    region: str = "",
    profile: str = "",
    endpoint_url: str = "",
    config: Mapping[str, Any] | None = None,
) -> Any:
    """The process's client for these arguments; `config` holds arguments of botocore's
    Config. Without a region, that of the environment or the profile is used.
    """
    settings = {**DEFAULTS, **(config or {})}
    key = (os.getpid(), service, region, profile, endpoint_url, repr(settings))
    with _lock:
        if key not in _clients:
            _clients[key] = _make(service, region, profile, endpoint_url, settings)
        return _clients[key]


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine."""
    host = urlsplit(url).hostname or ""
    return host in LOOPBACK_HOSTS or host.endswith(".localhost")


def region_of(profile: str = "") -> str:
    """The region of the environment or profile, or an empty string."""
    with _lock:
        return str(_session(profile).get_config_variable("region") or "")


def partition_of(region: str) -> str:
    """The partition a region belongs to: `aws`, `aws-cn`, ..."""
    with _lock:
        return str(_session().get_partition_for_region(region))


def credentials(profile: str = "", *, local: bool = False) -> Any:
    """botocore's credentials, which refresh themselves. Without any, the placeholder
    for requests to this machine, and None otherwise.
    """
    from botocore.credentials import Credentials

    with _lock:
        found = _session(profile, local).get_credentials()
    if found is None and local:
        return Credentials(PLACEHOLDER, PLACEHOLDER)
    return found


def certificates(profile: str = "") -> str:
    """The file with the trusted certificate authorities, as botocore finds it."""
    from botocore.httpsession import get_cert_path

    with _lock:
        chosen = _session(profile).get_config_variable("ca_bundle")
    return str(chosen or get_cert_path(True))


@cache
def dns_suffix(region: str) -> str:
    """The domain of a region's hosts, such as `amazonaws.com.cn`."""
    partition = partition_of(region)
    with _lock:
        known = _session().get_data("partitions")["partitions"]
    outputs = next(item["outputs"] for item in known if item["id"] == partition)
    return str(outputs["dnsSuffix"])


def _make(
    service: str, region: str, profile: str, endpoint_url: str, settings: dict[str, Any]
) -> Any:
    from boto3.session import Session
    from botocore.config import Config

    local = is_loopback(endpoint_url)
    session = _session(profile, local)
    arguments: dict[str, Any] = {"region_name": region or None}
    if local:
        arguments |= _local_arguments(session, region)
        settings = {"proxies": {}, **settings}
    maker: Any = Session(botocore_session=session)
    return maker.client(
        service,
        endpoint_url=endpoint_url or None,
        config=Config(**settings),
        **arguments,
    )


def _local_arguments(session: Any, region: str) -> dict[str, str]:
    found = region or session.get_config_variable("region") or PLACEHOLDER_REGION
    arguments = {"region_name": found}
    if session.get_credentials() is None:
        arguments |= {
            "aws_access_key_id": PLACEHOLDER,
            "aws_secret_access_key": PLACEHOLDER,
        }
    return arguments


@cache
def _session(profile: str = "", local: bool = False) -> Any:
    """botocore's session. Calls to this machine have one of their own, which asks no
    metadata service for credentials."""
    import botocore.session

    session = botocore.session.Session(profile=profile or None)
    if local:
        providers = session.get_component("credential_provider")
        for name in ("container-role", "iam-role"):
            providers.remove(name)
    return session


def forget() -> None:
    """Drop all clients and sessions, and replace the lock, which another thread of the
    parent process may have held: for forked processes and tests."""
    global _lock
    _lock = threading.Lock()
    _clients.clear()
    _session.cache_clear()


os.register_at_fork(after_in_child=forget)
