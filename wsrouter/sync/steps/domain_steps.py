"""The steps that write custom domains and their mappings."""

from wsrouter.sync.deployed import DeployedDomain
from wsrouter.sync.domain_diff import taken_by
from wsrouter.sync.steps.run import Run
from wsrouter.sync.target import TAG


def create_domain(run: Run, _: str) -> None:
    if run.wanted.domain:
        run.plane.create_domain(run.wanted.domain, {TAG: run.target.label})


def update_domain(run: Run, _: str) -> None:
    if run.wanted.domain:
        run.plane.update_domain(run.wanted.domain)


def delete_domain(run: Run, name: str) -> None:
    run.plane.delete_domain(name)


def create_mapping(run: Run, _: str) -> None:
    if run.wanted.domain:
        run.plane.create_mapping(run.wanted.domain, run.api_id, run.wanted.stage.name)


def update_mapping(run: Run, _: str) -> None:
    """Change our mapping, or the one of somebody else that was asked to be adopted."""
    domain = run.wanted.domain
    taken = taken_by(run.wanted, run.deployed)
    mapping = taken or (run.deployed.domain and run.deployed.domain.mapping)
    if domain and mapping:
        stage = run.wanted.stage.name
        run.plane.update_mapping(domain, mapping.id, run.api_id, stage)


def forget_former(run: Run, tag: str) -> None:
    """From now on the API's tag names the wanted domain only."""
    run.plane.tag_api(run.api_id, {tag: run.wanted.api.tags[tag]})


def delete_mapping(run: Run, name: str) -> None:
    found = _named(run, name)
    for each in found.leading if found else ():
        run.plane.delete_mapping(name, each.id)


def _named(run: Run, name: str) -> DeployedDomain | None:
    found = run.deployed.former
    return next((each for each in found if each.record.name == name), None)
