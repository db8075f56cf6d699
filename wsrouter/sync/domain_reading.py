"""Reads the custom domains that lead to an API, or did."""

from collections.abc import Collection, Iterator

from wsrouter.sync.control_errors import NotFound
from wsrouter.sync.deployed import DeployedDomain
from wsrouter.sync.ports import ControlPlane
from wsrouter.sync.records import DomainRecord
from wsrouter.sync.target import TAG, Target


def read_domains(
    plane: ControlPlane, target: Target, names: Collection[str], api_id: str
) -> dict[str, DeployedDomain]:
    """The domains with these names that exist, by name."""
    domains = {}
    for record in _find_records(plane, {name for name in names if name}):
        try:
            domains[record.name] = _read_mappings(plane, target, record, api_id)
        except NotFound:  # the domain was deleted in between
            continue
    return domains


def _find_records(plane: ControlPlane, names: set[str]) -> Iterator[DomainRecord]:
    """Reads the list only until every name is found; yields nothing where the server
    does not know domains."""
    try:
        for record in plane.domains() if names else ():
            if record.name in names:
                names.remove(record.name)
                yield record
            if not names:
                return
    except NotFound:
        return


def _read_mappings(
    plane: ControlPlane, target: Target, record: DomainRecord, api_id: str
) -> DeployedDomain:
    mappings = list(plane.mappings(record.name))
    of_api = [found for found in mappings if api_id and found.api_id == api_id]
    key = target.mapping_key if record.name == target.domain else None
    with_key = [found for found in of_api if found.key == key]
    of_stage = [found for found in of_api if found.stage == target.stage]
    mapping = next(iter([*with_key, *of_stage]), None)
    extra = tuple(found for found in of_stage if found != mapping)
    return DeployedDomain(
        record=record,
        is_ours=record.tags.get(TAG) == target.label,
        mapping=mapping,
        extra_mappings=extra,
        foreign_mappings=tuple(
            found for found in mappings if found not in (mapping, *extra)
        ),
    )
