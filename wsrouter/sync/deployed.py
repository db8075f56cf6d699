"""What is deployed now, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wsrouter.catalog.snapshot import (
    Api,
    Authorizer,
    Domain,
    ForeignRoute,
    Integration,
    Model,
    RouteEntry,
    Snapshot,
    Stage,
)
from wsrouter.errors import SyncError
from wsrouter.sync.control_errors import Unpublished
from wsrouter.sync.digest import Digest
from wsrouter.sync.records import DomainRecord, MappingRecord, Permission
from wsrouter.sync.server_quirks import ServerQuirks


@dataclass(frozen=True, kw_only=True, slots=True)
class DeployedDomain:
    """A custom domain and its mappings. `is_ours`: wsrouter created the domain.

    `mapping` leads to our stage, as does every mapping of `extra_mappings`;
    `foreign_mappings` lead elsewhere.
    """

    record: DomainRecord
    is_ours: bool = False
    mapping: MappingRecord | None = None
    extra_mappings: tuple[MappingRecord, ...] = ()
    foreign_mappings: tuple[MappingRecord, ...] = ()

    @property
    def owned_mappings(self) -> tuple[MappingRecord, ...]:
        """All mappings that lead to our stage."""
        return (
            (self.mapping, *self.extra_mappings)
            if self.mapping
            else self.extra_mappings
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployed:
    """The deployed counterpart of a snapshot, with the ids; None means that the
    resource does not exist yet.

    `routes` are ours; `unmanaged` maps the key of every other route to its integration,
    and `foreign_routes` has those whose integration is known, by key.
    `duplicate_integrations` are further integrations like ours, by id;
    `mistargeted_routes` are routes of ours that target another integration, by key.
    `digest` is that of the stage's deployment; `outdated_deployments` are the ids of
    deployments that may be deleted. `foreign_integrations` maps the id of every
    integration that is not ours to its URI or type. `route_ids` and `response_ids` are
    by route key, `model_ids` by name. `former_domains` were published before.
    `permissions` are by the ARN of the function that is, or is to be, invoked.
    """

    api_id: str = ""
    endpoint: str = ""
    api: Api | None = None
    integration_id: str = ""
    integration: Integration | None = None
    duplicate_integrations: tuple[str, ...] = ()
    routes: Mapping[str, RouteEntry] = field(default_factory=dict)
    route_ids: Mapping[str, str] = field(default_factory=dict)
    response_ids: Mapping[str, str] = field(default_factory=dict)
    mistargeted_routes: Mapping[str, str] = field(default_factory=dict)
    authorizer_id: str = ""
    authorizer: Authorizer | None = None
    models: Mapping[str, Model] = field(default_factory=dict)
    model_ids: Mapping[str, str] = field(default_factory=dict)
    stage: Stage | None = None
    digest: Digest | None = None
    outdated_deployments: tuple[str, ...] = ()
    quirks: ServerQuirks = field(default_factory=ServerQuirks)
    domain: DeployedDomain | None = None
    former_domains: tuple[DeployedDomain, ...] = ()
    unmanaged: Mapping[str, str] = field(default_factory=dict)
    foreign_routes: Mapping[str, ForeignRoute] = field(default_factory=dict)
    foreign_integrations: Mapping[str, str] = field(default_factory=dict)
    permissions: Mapping[str, Permission] = field(default_factory=dict)

    @property
    def unused_integrations(self) -> Mapping[str, str]:
        """The foreign integrations that no foreign route targets. Adopted routes count
        as ours."""
        used = set(self.unmanaged.values())
        return {
            integration_id: label
            for integration_id, label in sorted(self.foreign_integrations.items())
            if integration_id not in used
        }

    def snapshot(self, *, allow_no_routes: bool = False) -> Snapshot:
        """The deployed API as a snapshot.

        Raises Unpublished when the API or its stage is missing, and SyncError when it
        has none of our routes, unless `allow_no_routes`.
        """
        if self.api is None or self.stage is None:
            raise Unpublished("The API is not published; run ws_sync.")
        if self.integration is None and not allow_no_routes:
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
            foreign=self.foreign_routes,
        )


def _domain(deployed: DeployedDomain | None) -> Domain | None:
    if deployed is None or deployed.mapping is None:
        return None
    return Domain(
        name=deployed.record.name,
        certificate_arn=deployed.record.certificate_arn,
        mapping_key=deployed.mapping.key,
    )
