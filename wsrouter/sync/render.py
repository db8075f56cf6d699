"""A plan as text to read, and as JSON-ready values for programs."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from wsrouter.sync.change import Action, Change
from wsrouter.sync.deployed import Deployed
from wsrouter.sync.destroy import Removal
from wsrouter.sync.domain_diff import domains_left_behind
from wsrouter.sync.plan import Plan
from wsrouter.sync.target import Target

NOT_COMPARED = (
    "The secret was not compared, because SECRET is not set here. Everything else was."
)
_SIGNS = {"create": "+", "update": "~", "delete": "-"}


class AnyPlan(Protocol):
    """What a Plan and a Removal have in common."""

    @property
    def target(self) -> Target: ...
    @property
    def deployed(self) -> Deployed: ...
    @property
    def changes(self) -> tuple[Change, ...]: ...
    @property
    def stale(self) -> tuple[str, ...]: ...
    @property
    def unmanaged(self) -> tuple[str, ...]: ...
    @property
    def in_sync(self) -> bool: ...
    @property
    def unused_integrations(self) -> Mapping[str, str]: ...
    @property
    def dangers(self) -> tuple[str, ...]: ...


def plan_text(plan: Plan, *, strict: bool = False) -> str:
    """The plan as lines. A line starts with `+` (create), `~` (update), `-` (delete),
    `!` (a warning) or a space (a detail). `strict`: what wsrouter does not publish is
    drift as well."""
    return "\n".join(_lines(plan, strict))


def removal_text(removal: Removal) -> str:
    """A removal as lines, which start like those of a plan."""
    return "\n".join(_removal_lines(removal))


def is_drift(plan: AnyPlan, *, strict: bool = False) -> bool:
    """Whether `ws_sync --check` finds a difference. `strict`: stale and unmanaged
    resources are one."""
    return not plan.in_sync or (strict and bool(_left_over(plan)))


def json_values(plan: AnyPlan, *, strict: bool = False) -> dict[str, Any]:
    """The plan as `ws_sync --json` prints it."""
    unused = dict(plan.unused_integrations)
    return {
        "gateway": plan.target.alias,
        "api_id": plan.deployed.api_id,
        "in_sync": not is_drift(plan, strict=strict),
        "changes": [_change_values(change) for change in plan.changes],
        "stale": list(plan.stale),
        "unmanaged": list(plan.unmanaged),
        **({"unused_integrations": unused} if unused else {}),
    }


def change_line(change: Change) -> str:
    """One change in one line."""
    name = change.resource.replace("_", " ")
    return f"{_SIGNS[change.action]} {name} {change.key}"


def _change_values(change: Change) -> dict[str, Any]:
    return {
        "action": change.action,
        "resource": change.resource,
        "key": change.key,
        "fields": {name: list(pair) for name, pair in change.fields.items()},
    }


def _lines(plan: Plan, strict: bool) -> Iterator[str]:
    yield _heading(plan)
    for change in plan.changes:
        yield from _change(change)
    for key in () if plan.prune else plan.stale:
        yield f"! route {key} is stale: the code no longer has it (--prune deletes it)"
    for key in plan.unmanaged:
        yield f"  route {key} is unmanaged: it belongs to another integration"
    for integration_id, label in plan.unused_integrations.items():
        yield (
            f"  integration {integration_id} ({label}) is unused: no route targets it"
            f" (--remove-integration {integration_id} deletes it)"
        )
    former_domains = domains_left_behind(plan.deployed, prune=plan.prune)
    for former in former_domains if plan.changes else ():
        yield (
            f"! domain {former.record.name} is not deleted, and later runs will not"
            " mention it (--prune deletes it now, unless other APIs use it)"
        )
    if not plan.secret_compared:
        yield f"! {NOT_COMPARED}"
    yield _summary(plan) if plan.changes else _nothing_to_do(plan, strict)


def _removal_lines(removal: Removal) -> Iterator[str]:
    yield _heading(removal)
    for change in removal.changes:
        yield from _change(change)
    if removal.kept_because:
        yield f"  api {removal.deployed.api_id} stays: {removal.kept_because}"
    yield _summary(removal) if removal.changes else "Nothing to destroy."


def _heading(plan: AnyPlan) -> str:
    where = plan.deployed.api_id or "a new API"
    return f"Gateway {plan.target.alias}, {where}, stage {plan.target.stage}"


def _change(change: Change) -> Iterator[str]:
    yield change_line(change)
    if change.danger:
        yield f"! dangerous: {change.danger}"
    # The Description of a deployment is a digest, which says nothing to a reader.
    for name, pair in change.fields.items() if change.resource != "deployment" else ():
        yield f"      {name}: {_pair(change.action, *pair)}"


def _pair(action: Action, old: Any, new: Any) -> str:
    if action == "create":
        return _value(new)
    return f"{_value(old)} -> {_value(new)}"


def _value(value: Any) -> str:
    if value is None:
        return "(none)"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def _nothing_to_do(plan: Plan, strict: bool) -> str:
    left_over = _left_over(plan)
    if not left_over:
        return "In sync: nothing to do."
    if strict:
        return f"Not in sync (--strict): {left_over}."
    return f"In sync: nothing to do. (--check --strict counts {left_over} as drift.)"


def _left_over(plan: AnyPlan) -> str:
    """How much there is that the code does not publish; empty when there is nothing."""
    counts = {
        "stale route": len(plan.stale),
        "unmanaged route": len(plan.unmanaged),
        "unused integration": len(plan.unused_integrations),
    }
    return " and ".join(
        f"{count} {name}{'s' if count > 1 else ''}"
        for name, count in counts.items()
        if count
    )


def _summary(plan: AnyPlan) -> str:
    counts = {
        action: sum(change.action == action for change in plan.changes)
        for action in _SIGNS
    }
    return (
        f"Plan: {counts['create']} to create, {counts['update']} to update,"
        f" {counts['delete']} to delete."
    )
