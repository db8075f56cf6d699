"""Puts a run of `ws_truth` together, and cleans up behind it."""

import json
import os
import re
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import wsrouter
from wsrouter import conf
from wsrouter.aws.posts.threads import ThreadedConnections
from wsrouter.errors import WSRouterError
from wsrouter.options.gateway import Gateway
from wsrouter.routing.ports import Address
from wsrouter.sync.export import iam_policy
from wsrouter.sync.ports import ControlPlane
from wsrouter.truth import report, snapshots
from wsrouter.truth.bench import Post
from wsrouter.truth.endpoint import ENVIRONMENT_VARIABLE
from wsrouter.truth.evidence import Evidence
from wsrouter.truth.probe import Probe
from wsrouter.truth.probing import Result, TruthRun, new_run_id
from wsrouter.truth.recordings import Endpoint
from wsrouter.truth.throwaway_apis import PublishedApi, ThrowawayApis
from wsrouter.truth.timing import Timing

_SECRET = re.compile(r"[A-Za-z0-9._~+/=-]{16,500}")
_HTTP = {"wss": "https", "ws": "http"}


class WrongOption(WSRouterError):
    """An option of ws_truth, or its secret, cannot be used."""


def prepare(
    options: Mapping[str, Any],
    plane: ControlPlane,
    show: Callable[[Result], None],
) -> TruthRun:
    """A run for these options; raises WrongOption. Nothing is called yet."""
    return TruthRun(
        apis=ThrowawayApis(plane, new_run_id()),
        endpoint=Endpoint(_endpoint_url(options), _secret()),
        post=_post(options),
        timing=Timing(
            answer=options["wait"],
            quiet=options["quiet"],
            live=options["live_wait"],
            idle=options["idle_limit"],
        ),
        evidence=Evidence(max_messages=options["max_messages"]),
        unreachable_uri=options["unreachable_url"],
        report=show,
    )


def carry_out(
    run: TruthRun, probes: Iterable[Probe], notice: Callable[[str], None]
) -> None:
    """Run the probes, and delete every API of the run whatever happens: an error,
    Ctrl-C, or a signal that ends the process."""
    with _signals_interrupt():
        try:
            run.run(probes)
        finally:
            _delete_all(run.apis, notice)


def _delete_all(apis: ThrowawayApis, notice: Callable[[str], None]) -> None:
    """A first interruption does not end the deleting; a second one does."""
    try:
        deleted = _delete(apis, notice)
    except KeyboardInterrupt:
        notice("Still deleting; Ctrl-C again leaves the rest to ws_truth --clean.")
        deleted = _delete(apis, notice)
    if deleted:
        notice(f"Deleted again: {', '.join(deleted)}.")


def _delete(apis: ThrowawayApis, notice: Callable[[str], None]) -> list[str]:
    try:
        return apis.delete_all()
    except WSRouterError:
        notice(f"Not all was deleted. Run ws_truth --clean (run {apis.run_id}).")
        raise


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    """Let the signals that end a process act as Ctrl-C does."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    former = [signal.signal(number, signal.default_int_handler) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, former, strict=True):
            signal.signal(number, handler)


def write_evidence(path: Path, run: TruthRun, region: str) -> None:
    """Write all that the run has seen as JSON."""
    values = {
        "wsrouter": wsrouter.__version__,
        "run": run.apis.run_id,
        "region": region,
        "endpoint": run.endpoint.url,
        "messages": run.evidence.messages,
        "results": report.as_json(run.results),
    }
    path.write_text(json.dumps(values, indent=1) + "\n")


def policies(region: str) -> dict[str, Any]:
    """The permissions that a run needs."""
    snapshot = snapshots.general("run", "any", uri="https://example.com/", secret="")
    publishing = iam_policy.publisher_policy(snapshot, region=region)
    posting = iam_policy.application_policy(snapshot, region=region)
    statements = [*publishing["Statement"], *posting["Statement"]]
    return {**publishing, "Statement": statements}


def region_of(options: Mapping[str, Any]) -> str:
    """The region of the options, else that of the settings."""
    return str(options["region"] or conf.gateway(options["gateway"]).region)


def _post(options: Mapping[str, Any]) -> Post:
    def post(api: PublishedApi, connection_id: str, data: bytes) -> str:
        scheme, _, rest = api.url.partition("://")
        gateway = Gateway(
            alias=snapshots.ALIAS,
            region=region_of(options),
            aws_profile=(
                options["profile"] or conf.gateway(options["gateway"]).aws_profile
            ),
            management_endpoint=f"{_HTTP[scheme]}://{rest}",
        )
        connections = ThreadedConnections(lambda: {snapshots.ALIAS: gateway})
        address = Address(connection_id=connection_id, gateway=snapshots.ALIAS)
        result = connections.post(address, data)
        return result.reason or result.status.name.lower()

    return post


def _endpoint_url(options: Mapping[str, Any]) -> str:
    url = str(options["endpoint"])
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", url):
        raise WrongOption(
            "--endpoint takes the URL at which the program of --print-endpoint runs,"
            f" as in https://truth.example.com/, not {url!r}."
        )
    return url


def _secret() -> str:
    secret = os.environ.get(ENVIRONMENT_VARIABLE, "")
    if not _SECRET.fullmatch(secret):
        raise WrongOption(
            f"Set {ENVIRONMENT_VARIABLE} to the secret that the endpoint has, too: 16"
            " to 500 of the characters A-Z a-z 0-9 . _ ~ + / = -, as `python -c 'import"
            " secrets; print(secrets.token_urlsafe(32))'` prints."
        )
    return secret
