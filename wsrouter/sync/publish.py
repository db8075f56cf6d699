"""Carries out a plan, deploys the stage, and looks whether it is so."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from wsrouter.errors import SyncError
from wsrouter.sync.change import Change
from wsrouter.sync.control_errors import Conflict, NotFound, Superseded, Unanswered
from wsrouter.sync.plan import Plan, prepare
from wsrouter.sync.ports import ControlPlane
from wsrouter.sync.steps.api_steps import yield_to_the_earliest
from wsrouter.sync.steps.carry_out import carry_out
from wsrouter.sync.steps.route_steps import drop_own_duplicates
from wsrouter.sync.steps.run import Created, Run

ATTEMPTS = 5
PAUSE_SECONDS = 3.0
"""Before looking again: AWS may show what it has just written a little later."""

Report = Callable[[Change], None]
Sleep = Callable[[float], None]
_LOOK_AGAIN = (Unanswered, Conflict, NotFound, Superseded)
"""What another run, a lost answer or a late read may be behind."""


def _silent(_: Change) -> None:
    pass


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """What publishing ended with; `url` is where clients connect, `plan` is empty."""

    api_id: str
    url: str
    plan: Plan
    warnings: tuple[str, ...] = ()


def publish(
    plane: ControlPlane,
    plan: Plan,
    *,
    report: Report = _silent,
    sleep: Sleep = time.sleep,
) -> Published:
    """Make it so; raises SyncError when it is not so afterwards.

    A plan without changes makes no call.
    """
    publisher = _Publisher(plane=plane, report=report, sleep=sleep)
    if not plan.in_sync:
        plan = publisher.settle(plan)
    return Published(
        api_id=plan.deployed.api_id,
        url=client_url(plan),
        plan=plan,
        warnings=tuple(publisher.warnings),
    )


@dataclass(kw_only=True)
class _Publisher:
    """Runs a plan, and a new one as often as something came in between."""

    plane: ControlPlane
    report: Report
    sleep: Sleep
    created: Created = field(default_factory=Created)
    warnings: list[str] = field(default_factory=list)

    def settle(self, plan: Plan) -> Plan:
        """Carry out the plan until the last one is empty. What failed unclearly is not
        repeated blindly: a new plan follows from what is deployed then."""
        failed = 0
        while True:
            run = self._run(plan)
            try:
                carry_out(run, self.report)
                return self._verified(run)
            except _LOOK_AGAIN:
                self.sleep(PAUSE_SECONDS)
                again = self._again(run)
                failed += len(again.changes) >= len(plan.changes)
                if failed >= ATTEMPTS:
                    raise
                plan = again

    def _run(self, plan: Plan) -> Run:
        return Run(
            plane=self.plane,
            plan=plan,
            sleep=self.sleep,
            created=self.created,
            warnings=self.warnings,
        )

    def _again(self, run: Run) -> Plan:
        """A new plan, as soon as reads have caught up with the writes."""
        for _ in range(ATTEMPTS - 1):
            with suppress(NotFound):
                return self._prepared(run)
            self.sleep(PAUSE_SECONDS)
        return self._prepared(run)

    def _prepared(self, run: Run) -> Plan:
        options = replace(run.plan.options, racing=True)
        return prepare(self.plane, run.target, run.wanted, options)

    def _verified(self, run: Run) -> Plan:
        """The plan after the run, which must be empty, and the run's own the first."""
        if self.created.apis:
            yield_to_the_earliest(run)
        for _ in range(ATTEMPTS):
            plan = self._again(run)
            drop_own_duplicates(run, plan.deployed)
            if plan.in_sync:
                return plan
            self.sleep(PAUSE_SECONDS)
        raise _different(plan)


def _different(plan: Plan) -> SyncError:
    left = "; ".join(
        f"{each.resource} {each.key}: {', '.join(each.fields)}".rstrip(": ")
        for each in plan.changes
        if each.resource != "deployment" or len(plan.changes) == 1
    )
    return SyncError(
        f"API Gateway still differs after publishing ({left}). Run ws_sync again; if"
        " that does not help, another tool may be changing the same API, or the server"
        " is an emulator that does not keep this."
    )


def client_url(plan: Plan) -> str:
    """Where clients connect to a published API: on its own domain where it has one."""
    if plan.wanted.domain:
        return f"wss://{plan.wanted.domain.address}"
    scheme, _, rest = plan.deployed.endpoint.partition("://")
    secure = {"http": "ws", "https": "wss"}.get(scheme, scheme)
    return f"{secure}://{rest}/{plan.wanted.stage.name}" if rest else ""
