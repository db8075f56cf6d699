"""Carries out a plan, deploys the stage, and verifies the result."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from wsrouter.errors import SyncError
from wsrouter.sync.change import Change
from wsrouter.sync.control_errors import Conflict, NotFound, Superseded, Unanswered
from wsrouter.sync.plan import Plan, prepare
from wsrouter.sync.ports import ControlPlane
from wsrouter.sync.steps.api_steps import keep_earliest_api
from wsrouter.sync.steps.carry_out import carry_out
from wsrouter.sync.steps.route_steps import delete_own_duplicates
from wsrouter.sync.steps.run import Created, Run

ATTEMPTS = 5
PAUSE_SECONDS = 3.0
"""The pause before AWS is read again, which may show a write only after a delay."""

Report = Callable[[Change], None]
Sleep = Callable[[float], None]
_PLAN_AGAIN = (Unanswered, Conflict, NotFound, Superseded)
"""The errors that another run, a lost answer or a late read may cause."""


def _report_nothing(_: Change) -> None:
    pass


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """The result of publishing. Clients connect to `url`; `plan` was made after the
    last change and is empty."""

    api_id: str
    url: str
    plan: Plan
    warnings: tuple[str, ...] = ()


def publish(
    plane: ControlPlane,
    plan: Plan,
    *,
    report: Report = _report_nothing,
    sleep: Sleep = time.sleep,
) -> Published:
    """Carry out the plan; raises SyncError when the API still differs afterwards.

    A plan without changes makes no call.
    """
    publisher = _Publisher(plane=plane, report=report, sleep=sleep)
    if not plan.in_sync:
        plan = publisher.publish(plan)
    return Published(
        api_id=plan.deployed.api_id,
        url=client_url(plan),
        plan=plan,
        warnings=tuple(publisher.warnings),
    )


@dataclass(kw_only=True)
class _Publisher:
    """Carries out a plan, and a new plan whenever a run was interrupted."""

    plane: ControlPlane
    report: Report
    sleep: Sleep
    created: Created = field(default_factory=Created)
    warnings: list[str] = field(default_factory=list)

    def publish(self, plan: Plan) -> Plan:
        """Carry out plans until the last one is empty. A change whose outcome is
        unknown is not repeated blindly: the next plan is made from what is deployed
        then."""
        without_progress = 0
        while True:
            run = self._run(plan)
            try:
                carry_out(run, self.report)
                return self._verify(run)
            except _PLAN_AGAIN:
                self.sleep(PAUSE_SECONDS)
                next_plan = self._plan_again(run)
                without_progress += len(next_plan.changes) >= len(plan.changes)
                if without_progress >= ATTEMPTS:
                    raise
                _refuse_new_dangers(plan, next_plan)
                plan = next_plan

    def _run(self, plan: Plan) -> Run:
        return Run(
            plane=self.plane,
            plan=plan,
            sleep=self.sleep,
            created=self.created,
            warnings=self.warnings,
        )

    def _plan_again(self, run: Run) -> Plan:
        """A new plan, as soon as reads show what was written."""
        for _ in range(ATTEMPTS - 1):
            with suppress(NotFound):
                return self._prepare(run)
            self.sleep(PAUSE_SECONDS)
        return self._prepare(run)

    def _prepare(self, run: Run) -> Plan:
        options = replace(run.plan.options, racing=True)
        return prepare(self.plane, run.target, run.wanted, options)

    def _verify(self, run: Run) -> Plan:
        """The plan after the run; raises SyncError unless it becomes empty, and
        Superseded when another run created the same resource earlier."""
        if self.created.apis:
            keep_earliest_api(run)
        for _ in range(ATTEMPTS):
            plan = self._plan_again(run)
            delete_own_duplicates(run, plan.deployed)
            if plan.in_sync:
                return plan
            self.sleep(PAUSE_SECONDS)
        raise _still_differs(plan)


def _refuse_new_dangers(agreed: Plan, plan: Plan) -> None:
    """Raise SyncError when a plan is dangerous in a way that nobody has agreed to."""
    new = [danger for danger in plan.dangers if danger not in agreed.dangers]
    if new:
        raise SyncError(
            f"Another tool changed the API at the same time ({'; '.join(new)}). Look at"
            " the plan, and run ws_sync again."
        )


def _still_differs(plan: Plan) -> SyncError:
    differing = "; ".join(
        f"{change.resource} {change.key}: {', '.join(change.fields)}".rstrip(": ")
        for change in plan.changes
        if change.resource != "deployment" or len(plan.changes) == 1
    )
    return SyncError(
        f"API Gateway still differs after publishing ({differing}). Run ws_sync again;"
        " if that does not help, another tool may be changing the same API, or the"
        " server is an emulator that does not store this."
    )


def client_url(plan: Plan) -> str:
    """The URL that clients of a published API connect to: that of its custom domain
    where it has one."""
    if plan.wanted.domain:
        return f"wss://{plan.wanted.domain.address}"
    scheme, _, rest = plan.deployed.endpoint.partition("://")
    secure = {"http": "ws", "https": "wss"}.get(scheme, scheme)
    return f"{secure}://{rest}/{plan.wanted.stage.name}" if rest else ""
