"""What is deployed now, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wsrouter.catalog.snapshot import (
    Api,
    Authorizer,
    Domain,
    Integration,
    Model,
    RouteEntry,
    Snapshot,
    Stage,
)
from wsrouter.errors import SyncError
from wsrouter.sync.control_errors import Unpublished
from wsrouter.sync.digest import Digest
from wsrouter.sync.records import DomainRecord, MappingRecord
from wsrouter.sync.server_quirks import Note


@dataclass(frozen=True, kw_only=True, slots=True)
class DeployedDomain:
    """A custom domain, our mapping in it if there is one, more that lead to the same
    stage, and those of others."""

    record: DomainRecord
    is_ours: bool = False
    mapping: MappingRecord | None = None
    more: tuple[MappingRecord, ...] = ()
    others: tuple[MappingRecord, ...] = ()

    @property
    def leading(self) -> tuple[MappingRecord, ...]:
        """All that are ours."""
        return (self.mapping, *self.more) if self.mapping else self.more


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployed:
    """The deployed counterpart of a snapshot, with the ids; None is "not there yet".

    `routes` are ours; `unmanaged` maps the keys of the others to their integration.
    `duplicates` are more integrations like ours, by id; `strays` are routes of ours
    that target another integration, by key. `digest` is that of the stage's deployment;
    `outdated` are deployments that nobody needs, by id. `route_ids` and `response_ids`
    are by route key, `model_ids` by name. `former` are domains that were
    published before.
    """

    api_id: str = ""
    endpoint: str = ""
    api: Api | None = None
    integration_id: str = ""
    integration: Integration | None = None
    duplicates: tuple[str, ...] = ()
    routes: Mapping[str, RouteEntry] = field(default_factory=dict)
    route_ids: Mapping[str, str] = field(default_factory=dict)
    response_ids: Mapping[str, str] = field(default_factory=dict)
    strays: Mapping[str, str] = field(default_factory=dict)
    authorizer_id: str = ""
    authorizer: Authorizer | None = None
    models: Mapping[str, Model] = field(default_factory=dict)
    model_ids: Mapping[str, str] = field(default_factory=dict)
    stage: Stage | None = None
    digest: Digest | None = None
    outdated: tuple[str, ...] = ()
    note: Note = field(default_factory=Note)
    domain: DeployedDomain | None = None
    former: tuple[DeployedDomain, ...] = ()
    unmanaged: Mapping[str, str] = field(default_factory=dict)

    def snapshot(self, *, may_be_bare: bool = False) -> Snapshot:
        """The deployed API as a snapshot; raises Unpublished when it or the stage is
        missing, SyncError when ours are, unless it `may_be_bare` of them."""
        if self.api is None or self.stage is None:
            raise Unpublished("The API is not published; run ws_sync.")
        if self.integration is None and not may_be_bare:
            raise SyncError("The API has none of our routes; run ws_sync.")
        return Snapshot(
            api=self.api,
            integration=self.integration or Integration(uri="", description=""),
            routes=self.routes,
            stage=self.stage,
            authorizer=self.authorizer,
            models=self.models,
            domain=_domain(self.domain),
            unmanaged=tuple(sorted(self.unmanaged)),
        )


def _domain(found: DeployedDomain | None) -> Domain | None:
    if found is None or found.mapping is None:
        return None
    return Domain(
        name=found.record.name,
        certificate_arn=found.record.certificate_arn,
        mapping_key=found.mapping.key,
    )
