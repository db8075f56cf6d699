"""The steps that write custom domains and their mappings."""

from wsrouter.sync.deployed import DeployedDomain
from wsrouter.sync.domain_diff import conflicting_mapping
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
    """Change our mapping, or the foreign one that --adopt takes over."""
    domain = run.wanted.domain
    conflicting = conflicting_mapping(run.wanted, run.deployed)
    mapping = conflicting or (run.deployed.domain and run.deployed.domain.mapping)
    if domain and mapping:
        stage = run.wanted.stage.name
        run.plane.update_mapping(domain, mapping.id, run.api_id, stage)


def drop_former_domains_from_tag(run: Run, tag: str) -> None:
    """The former domains are removed, so the API's tag names the wanted domain only."""
    run.plane.tag_api(run.api_id, {tag: run.wanted.api.tags[tag]})


def delete_mapping(run: Run, name: str) -> None:
    former = _former_domain(run, name)
    for mapping in former.owned_mappings if former else ():
        run.plane.delete_mapping(name, mapping.id)


def _former_domain(run: Run, name: str) -> DeployedDomain | None:
    former_domains = run.deployed.former_domains
    return next((found for found in former_domains if found.record.name == name), None)
