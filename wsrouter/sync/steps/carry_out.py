"""The changes of a plan, carried out one after the other."""

from collections.abc import Callable, Mapping

from wsrouter.sync.change import Change
from wsrouter.sync.steps import (
    api_steps,
    domain_steps,
    permission_steps,
    route_steps,
    stage_steps,
)
from wsrouter.sync.steps.run import Run

Step = Callable[[Run, str], None]

STEPS: Mapping[tuple[str, str], Step] = {
    ("api", "create"): api_steps.create_api,
    ("api", "update"): api_steps.update_api,
    ("authorizer", "create"): api_steps.create_authorizer,
    ("authorizer", "update"): api_steps.update_authorizer,
    ("authorizer", "delete"): api_steps.delete_authorizer,
    ("model", "create"): api_steps.create_model,
    ("model", "update"): api_steps.update_model,
    ("model", "delete"): api_steps.delete_model,
    ("permission", "create"): permission_steps.create_permission,
    ("permission", "delete"): permission_steps.delete_permission,
    ("integration", "create"): route_steps.create_integration,
    ("integration", "update"): route_steps.update_integration,
    ("integration", "delete"): route_steps.delete_integration,
    ("route", "create"): route_steps.create_route,
    ("route", "update"): route_steps.update_route,
    ("route", "delete"): route_steps.delete_route,
    ("route_response", "create"): route_steps.create_response,
    ("route_response", "delete"): route_steps.delete_response,
    ("stage", "create"): stage_steps.create_stage,
    ("stage", "update"): stage_steps.update_stage,
    ("deployment", "create"): stage_steps.deploy,
    ("tag", "update"): domain_steps.drop_former_domains_from_tag,
    ("deployment", "delete"): stage_steps.delete_deployment,
    ("domain", "create"): domain_steps.create_domain,
    ("domain", "update"): domain_steps.update_domain,
    ("domain", "delete"): domain_steps.delete_domain,
    ("api_mapping", "create"): domain_steps.create_mapping,
    ("api_mapping", "update"): domain_steps.update_mapping,
    ("api_mapping", "delete"): domain_steps.delete_mapping,
}


def carry_out(run: Run, report: Callable[[Change], None]) -> None:
    """Make every change of the plan once, in order; the first error stops the run."""
    for change in run.plan.changes:
        STEPS[change.resource, change.action](run, change.key)
        report(change)
