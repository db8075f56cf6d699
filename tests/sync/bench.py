"""What the tests of ws_sync work on: a server, its control plane, a gateway."""

import copy
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from wsrouter.aws.control.control_plane import ApiGatewayControlPlane
from wsrouter.catalog.routes import ApiSpec, RouteSpec
from wsrouter.options.gateway import Gateway
from wsrouter.sync.plan import Options, Plan, prepare
from wsrouter.sync.publish import Published, publish
from wsrouter.sync.target import Target
from wsrouter.sync.wanted import wanted_snapshot

SECRET = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
OTHER_SECRET = "fedcba9876543210fedcba9876543210"


class Recorded:
    """A boto3 client that remembers its calls, with a hook before and after each."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.meta = client.meta
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.before: Callable[[str], None] = lambda name: None
        self.after: Callable[[str], None] = lambda name: None

    @property
    def writes(self) -> list[str]:
        return [name for name, _ in self.calls if not name.startswith("get_")]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = getattr(self.client, name)

        def call(**members: Any) -> Any:
            self.before(name)
            self.calls.append((name, copy.deepcopy(members)))
            answer = operation(**members)
            self.after(name)
            return answer

        return call


def a_gateway(**changes: Any) -> Gateway:
    settings: dict[str, Any] = {
        "alias": "default",
        "api_name": f"shop-{uuid.uuid4().hex[:8]}",
        "endpoint": "https://www.example.com/ws/",
        "secrets": (SECRET,),
        "region": "eu-west-1",
    }
    return Gateway(**{**settings, **changes})


def a_spec(*keys: str) -> ApiSpec:
    return ApiSpec(
        routes=tuple(RouteSpec(key=key, handler=f"ws.{key}") for key in keys),
        library=(RouteSpec(key="wsrouter.ping", handler="wsrouter"),),
    )


@dataclass
class Bench:
    """One server, its Lambda functions, and one gateway; `run` is a whole ws_sync."""

    server: Any
    functions: Any = None
    gateway: Gateway = field(default_factory=a_gateway)
    spec: ApiSpec = field(default_factory=lambda: a_spec("orders.watch", "orders.quit"))

    @property
    def plane(self) -> ApiGatewayControlPlane:
        return ApiGatewayControlPlane(
            client=self.server, functions=self.functions, sleep=lambda _: None
        )

    def change(self, **changes: Any) -> None:
        self.gateway = replace(self.gateway, **changes)

    def plan(self, **options: Any) -> Plan:
        snapshot = wanted_snapshot(self.gateway, self.spec, secret_needed=False)
        target = Target.of(self.gateway)
        return prepare(self.plane, target, snapshot, Options(**options))

    def run(self, **options: Any) -> Published:
        plan = self.plan(**options)
        return publish(self.plane, plan, sleep=lambda _: None)

    def quiet_calls(self) -> list[str]:
        """The calls of a run that should have nothing to do."""
        del self.server.calls[:]
        self.run()
        return [name for name, _ in self.server.calls]

    def api_id(self) -> str:
        return self.plan().deployed.api_id

    def routes(self) -> dict[str, dict[str, Any]]:
        """The server's routes by key."""
        return {route["RouteKey"]: route for route in self.all("get_routes")}

    def integrations(self) -> list[dict[str, Any]]:
        return self.all("get_integrations")

    def all(self, operation: str, **members: Any) -> list[dict[str, Any]]:
        """Every item of a list, asked of the server itself."""
        members = {"ApiId": self.api_id(), **members}
        found: list[dict[str, Any]] = []
        while True:
            page = getattr(self.server, operation)(**members)
            found += page["Items"]
            if not page.get("NextToken"):
                return found
            members["NextToken"] = page["NextToken"]
