"""The differences between a wanted custom domain and the deployed ones; pure."""

from collections.abc import Iterator
from dataclasses import replace

from wsrouter.catalog.snapshot import Api, Snapshot
from wsrouter.sync.change import Change, Fields
from wsrouter.sync.deployed import Deployed, DeployedDomain
from wsrouter.sync.records import MappingRecord
from wsrouter.sync.target import DOMAIN_TAG


def domain_differences(
    wanted: Snapshot, deployed: Deployed, *, prune: bool
) -> Iterator[Change]:
    """The changes that lead to the wanted domain and mapping, and away from the former
    ones.

    A domain that wsrouter did not create is used as it is. One that it did create is
    deleted only with `prune`, and only when it has no foreign mapping.
    """
    if wanted.domain:
        yield from _domain(wanted, deployed)
        yield from _mapping(wanted, deployed)
    for former in deployed.former_domains:
        yield from _former_domain(former, prune)
    meanwhile = api_naming_former_domains(wanted, deployed, prune=prune)
    if meanwhile != wanted.api:
        pair = (meanwhile.tags[DOMAIN_TAG], wanted.api.tags[DOMAIN_TAG])
        yield Change(
            action="update", resource="tag", key=DOMAIN_TAG, fields={"value": pair}
        )


def api_naming_former_domains(
    wanted: Snapshot, deployed: Deployed, *, prune: bool
) -> Api:
    """The wanted API with the former domains in its domain tag.

    It has this tag until they are removed, so that a run that is killed before does not
    forget them.
    """
    names = [
        former.record.name
        for former in deployed.former_domains
        if any(_former_domain(former, prune))
    ]
    if not names or not wanted.domain:
        return wanted.api
    value = " ".join([wanted.domain.name, *names])
    return replace(wanted.api, tags={**wanted.api.tags, DOMAIN_TAG: value})


def conflicting_mapping(wanted: Snapshot, deployed: Deployed) -> MappingRecord | None:
    """The foreign mapping that has the wanted key."""
    foreign = deployed.domain.foreign_mappings if deployed.domain else ()
    key = wanted.domain.mapping_key if wanted.domain else ""
    return next((mapping for mapping in foreign if mapping.key == key), None)


def domains_left_behind(deployed: Deployed, *, prune: bool) -> list[DeployedDomain]:
    """The former domains that are ours and are not deleted."""
    return [
        former
        for former in deployed.former_domains
        if former.is_ours and (not prune or former.foreign_mappings)
    ]


def _former_domain(former: DeployedDomain, prune: bool) -> Iterator[Change]:
    name = former.record.name
    if former.owned_mappings:
        yield Change(action="delete", resource="api_mapping", key=name)
    if former.is_ours and prune and not former.foreign_mappings:
        yield Change(action="delete", resource="domain", key=name)


def _domain(wanted: Snapshot, deployed: Deployed) -> Iterator[Change]:
    new, old = wanted.domain, deployed.domain
    if new is None:
        return
    if old is None:
        fields = {"certificate_arn": (None, new.certificate_arn)}
        yield Change(action="create", resource="domain", key=new.name, fields=fields)
    elif old.is_ours and old.record.certificate_arn != new.certificate_arn:
        pair = (old.record.certificate_arn or None, new.certificate_arn)
        yield Change(
            action="update",
            resource="domain",
            key=new.name,
            fields={"certificate_arn": pair},
        )


def _mapping(wanted: Snapshot, deployed: Deployed) -> Iterator[Change]:
    new = wanted.domain
    if new is None:
        return
    old = deployed.domain.mapping if deployed.domain else None
    conflicting = conflicting_mapping(wanted, deployed)
    if conflicting:
        yield Change(
            action="update",
            resource="api_mapping",
            key=new.name,
            fields={"api_id": (conflicting.api_id, deployed.api_id or None)},
            danger=f"taken over from the API {conflicting.api_id}",
        )
    elif old is None:
        fields = {"mapping_key": (None, new.mapping_key)}
        yield Change(
            action="create", resource="api_mapping", key=new.name, fields=fields
        )
    elif differs := _changed_fields(old, new.mapping_key, wanted.stage.name):
        yield Change(
            action="update", resource="api_mapping", key=new.name, fields=differs
        )


def _changed_fields(old: MappingRecord, key: str, stage: str) -> Fields:
    pairs = {"mapping_key": (old.key, key), "stage": (old.stage, stage)}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
