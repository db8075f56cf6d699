"""Reads the custom domains that lead to an API, or did."""

from collections.abc import Collection, Iterator

from wsrouter.sync.control_errors import NotFound
from wsrouter.sync.deployed import DeployedDomain
from wsrouter.sync.ports import ControlPlane
from wsrouter.sync.records import DomainRecord
from wsrouter.sync.target import TAG, Target


def domains(
    plane: ControlPlane, target: Target, names: Collection[str], api_id: str
) -> dict[str, DeployedDomain]:
    """Those of `names` that there are, by name."""
    found = {}
    for record in _records(plane, {name for name in names if name}):
        try:
            found[record.name] = _deployed(plane, target, record, api_id)
        except NotFound:  # it was deleted in between
            continue
    return found


def _records(plane: ControlPlane, names: set[str]) -> Iterator[DomainRecord]:
    """None where the server knows no such thing. The list is read as far as needed."""
    try:
        for record in plane.domains() if names else ():
            if record.name in names:
                names.remove(record.name)
                yield record
            if not names:
                return
    except NotFound:
        return


def _deployed(
    plane: ControlPlane, target: Target, record: DomainRecord, api_id: str
) -> DeployedDomain:
    mappings = list(plane.mappings(record.name))
    ours = [each for each in mappings if api_id and each.api_id == api_id]
    key = target.domain_key if record.name == target.domain else None
    keyed = [each for each in ours if each.key == key]
    leading = [each for each in ours if each.stage == target.stage]
    mapping = next(iter([*keyed, *leading]), None)
    more = tuple(each for each in leading if each != mapping)
    return DeployedDomain(
        record=record,
        is_ours=record.tags.get(TAG) == target.label,
        mapping=mapping,
        more=more,
        others=tuple(each for each in mappings if each not in (mapping, *more)),
    )
