"""What the steps of one run share."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from wsrouter.catalog.snapshot import Snapshot
from wsrouter.sync.deployed import Deployed
from wsrouter.sync.plan import Plan
from wsrouter.sync.ports import ControlPlane
from wsrouter.sync.target import Target


@dataclass(kw_only=True, slots=True)
class Created:
    """The ids of the resources that this command created, and so may delete again."""

    apis: set[str] = field(default_factory=set)
    integrations: set[str] = field(default_factory=set)


@dataclass(kw_only=True, slots=True)
class Run:
    """A plan while it is carried out: the ids that become known, and the warnings.

    `two_way_is_hidden`: the server does not show that a route is two-way.
    """

    plane: ControlPlane
    plan: Plan
    sleep: Callable[[float], None]
    created: Created
    warnings: list[str] = field(default_factory=list)
    api_id: str = ""
    integration_id: str = ""
    authorizer_id: str = ""
    route_ids: dict[str, str] = field(default_factory=dict)
    two_way_is_hidden: bool = False

    def __post_init__(self) -> None:
        deployed = self.plan.deployed
        self.api_id = deployed.api_id
        self.integration_id = deployed.integration_id
        self.authorizer_id = deployed.authorizer_id
        self.route_ids = dict(deployed.route_ids)
        self.two_way_is_hidden = deployed.quirks.hides_two_way and any(
            route.two_way for route in self.wanted.routes.values()
        )

    @property
    def wanted(self) -> Snapshot:
        return self.plan.wanted

    @property
    def deployed(self) -> Deployed:
        return self.plan.deployed

    @property
    def target(self) -> Target:
        """The target with the API's id: lists may show a new API only after a delay."""
        return replace(self.plan.target, api_id=self.api_id or self.plan.target.api_id)

    def warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)
