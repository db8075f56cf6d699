"""Runs the probes, one after the other, and deletes what was made for them."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from wsrouter.errors import WSRouterError
from wsrouter.local.rules.switches import SWITCHES
from wsrouter.truth import way_to_endpoint
from wsrouter.truth.bench import Bench, Post
from wsrouter.truth.editions import Editions
from wsrouter.truth.evidence import Evidence, as_json
from wsrouter.truth.probe import Probe
from wsrouter.truth.recordings import Endpoint
from wsrouter.truth.throwaway_apis import ThrowawayApis
from wsrouter.truth.timing import Timing
from wsrouter.truth.verdict import Verdict, unsettled
from wsrouter.truth.way_to_endpoint import WayToEndpoint


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """The verdicts of one probe, and the raw evidence."""

    probe: Probe
    verdicts: tuple[Verdict, ...]
    evidence: list[dict[str, Any]]


@dataclass(kw_only=True)
class TruthRun:
    """One run; `results` are those so far, also after an interruption. `report` is
    called with each."""

    apis: ThrowawayApis
    endpoint: Endpoint
    post: Post
    timing: Timing
    evidence: Evidence
    unreachable_uri: str
    report: Callable[[Result], None] = lambda _: None
    results: list[Result] = field(default_factory=list)

    def run(self, probes: Iterable[Probe]) -> None:
        """Run these probes; raises EndpointFailed when the endpoint cannot be used."""
        way = way_to_endpoint.look(self.endpoint)
        editions = Editions(
            apis=self.apis,
            endpoint=self.endpoint,
            evidence=self.evidence,
            timing=self.timing,
            unreachable_uri=self.unreachable_uri,
        )
        for probe in probes:
            result = self._result(probe, editions, way)
            self.results.append(result)
            self.report(result)

    def _result(self, probe: Probe, editions: Editions, way: WayToEndpoint) -> Result:
        mark = self.endpoint.mark()
        try:
            verdicts = tuple(probe.run(self._bench(probe, editions, way)))
            _refuse_unknown_values(verdicts)
        except WSRouterError as error:
            verdicts = _open(probe, str(error))
        except Exception as error:  # noqa: BLE001  # the other probes go on
            verdicts = _open(probe, f"the probe failed: {error!r}")
        records = [as_json(record) for record in self.endpoint.since(mark)]
        events = sorted([*self.evidence.take(), *records], key=lambda it: it["at"])
        return Result(probe=probe, verdicts=verdicts, evidence=events)

    def _bench(self, probe: Probe, editions: Editions, way: WayToEndpoint) -> Bench:
        return Bench(
            api=editions.get(probe.edition),
            apis=self.apis,
            general=editions.general(probe.edition),
            endpoint=self.endpoint,
            way=way,
            timing=self.timing,
            evidence=self.evidence,
            post=self.post,
        )


def new_run_id() -> str:
    return secrets.token_hex(6)


def _open(probe: Probe, words: str) -> tuple[Verdict, ...]:
    """An open verdict for each switch of the probe, or for its question."""
    return tuple(unsettled(name, words) for name in probe.switches or ("",))


def _refuse_unknown_values(verdicts: Iterable[Verdict]) -> None:
    """Raise UnknownSwitch for a value that `ws_local` would not take."""
    for verdict in verdicts:
        if verdict.state == "settled":
            SWITCHES[verdict.switch].parse(verdict.value)
