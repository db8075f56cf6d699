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
    """What leads to the wanted domain and mapping, and away from the former ones.

    A domain that we did not create is used as it is; one that we did is deleted only
    with `prune`, and only when nobody else's mapping is in it.
    """
    if wanted.domain:
        yield from _domain(wanted, deployed)
        yield from _mapping(wanted, deployed)
    for former in deployed.former:
        yield from _leaving(former, prune)
    meanwhile = api_meanwhile(wanted, deployed, prune=prune)
    if meanwhile != wanted.api:
        pair = (meanwhile.tags[DOMAIN_TAG], wanted.api.tags[DOMAIN_TAG])
        yield Change(
            action="update", resource="tag", key=DOMAIN_TAG, fields={"value": pair}
        )


def api_meanwhile(wanted: Snapshot, deployed: Deployed, *, prune: bool) -> Api:
    """The wanted API while its domain is there and former ones still lead to it: its
    tag names them too, so that a run killed then does not forget them."""
    names = [each.record.name for each in deployed.former if any(_leaving(each, prune))]
    if not names or not wanted.domain:
        return wanted.api
    value = " ".join([wanted.domain.name, *names])
    return replace(wanted.api, tags={**wanted.api.tags, DOMAIN_TAG: value})


def taken_by(wanted: Snapshot, deployed: Deployed) -> MappingRecord | None:
    """The mapping of somebody else that has the wanted key."""
    others = deployed.domain.others if deployed.domain else ()
    key = wanted.domain.mapping_key if wanted.domain else ""
    return next((each for each in others if each.key == key), None)


def left(deployed: Deployed, *, prune: bool) -> list[DeployedDomain]:
    """The former domains that are ours and stay behind."""
    return [
        each for each in deployed.former if each.is_ours and (not prune or each.others)
    ]


def _leaving(former: DeployedDomain, prune: bool) -> Iterator[Change]:
    name = former.record.name
    if former.leading:
        yield Change(action="delete", resource="api_mapping", key=name)
    if former.is_ours and prune and not former.others:
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
    own = deployed.domain.mapping if deployed.domain else None
    taken = taken_by(wanted, deployed)
    if taken:
        yield Change(
            action="update",
            resource="api_mapping",
            key=new.name,
            fields={"api_id": (taken.api_id, deployed.api_id or None)},
            danger=f"taken over from the API {taken.api_id}",
        )
    elif own is None:
        fields = {"mapping_key": (None, new.mapping_key)}
        yield Change(
            action="create", resource="api_mapping", key=new.name, fields=fields
        )
    elif differs := _moved(own, new.mapping_key, wanted.stage.name):
        yield Change(
            action="update", resource="api_mapping", key=new.name, fields=differs
        )


def _moved(own: MappingRecord, key: str, stage: str) -> Fields:
    pairs = {"mapping_key": (own.key, key), "stage": (own.stage, stage)}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
