"""moto's server, an emulator of AWS, and what its API Gateway lacks.

Import the fixture where it is wanted:

    from tests.moto_server import moto_url  # noqa: F401
"""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from tests.sync.bench import Recorded


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """The endpoint URL of a moto that lives as long as the test session."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


class FilledIn(Recorded):
    """A client of moto that keeps itself what moto does not know: deployments, changes
    of stages, and lists of route responses, models and authorizers."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self._deployments: dict[str, dict[str, Any]] = {}
        self._stages: dict[tuple[str, str], dict[str, Any]] = {}
        self._children: dict[tuple[str, ...], list[str]] = {}
        self._numbers = itertools.count(1)

    def __getattr__(self, name: str) -> Any:
        own = getattr(type(self), f"_{name}", None)
        if own is None:
            return super().__getattr__(name)

        def call(**members: Any) -> Any:
            self.calls.append((name, members))
            return own(self, **members)

        return call

    def _create_deployment(self, **members: Any) -> dict[str, Any]:
        found = {**members, "DeploymentId": f"d{next(self._numbers)}"}
        found["DeploymentStatus"] = "DEPLOYED"
        self._deployments[found["DeploymentId"]] = found
        return found

    def _get_deployment(self, *, DeploymentId: str, **_: Any) -> dict[str, Any]:
        return self._deployments[DeploymentId]

    def _get_deployments(self, *, ApiId: str, **_: Any) -> dict[str, Any]:
        found = self._deployments.values()
        return {"Items": [each for each in found if each["ApiId"] == ApiId]}

    def _get_stage(self, **members: Any) -> dict[str, Any]:
        changes = self._stages.get((members["ApiId"], members["StageName"]), {})
        return {**self.client.get_stage(**members), **changes}

    def _get_stages(self, *, ApiId: str, **_: Any) -> dict[str, Any]:
        found = self.client.get_stages(ApiId=ApiId)["Items"]
        changes = [self._stages.get((ApiId, each["StageName"]), {}) for each in found]
        return {"Items": [old | new for old, new in zip(found, changes, strict=True)]}

    def _update_stage(self, **members: Any) -> dict[str, Any]:
        key = (members["ApiId"], members["StageName"])
        self._stages[key] = {**self._stages.get(key, {}), **members}
        return self._get_stage(ApiId=key[0], StageName=key[1])

    def _delete_access_log_settings(self, *, ApiId: str, StageName: str) -> None:
        self._stages[ApiId, StageName]["AccessLogSettings"] = {}

    def _create_route_response(self, **members: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.client.create_route_response(**members)
        key = (members["ApiId"], members["RouteId"])
        self._children.setdefault(key, []).append(made["RouteResponseId"])
        return made

    def _delete_route_response(self, **members: Any) -> None:
        self.client.delete_route_response(**members)
        key = (members["ApiId"], members["RouteId"])
        self._children[key].remove(members["RouteResponseId"])

    def _get_route_responses(self, **members: Any) -> dict[str, Any]:
        ids = self._children.get((members["ApiId"], members["RouteId"]), [])
        return {"Items": [{"RouteResponseId": each} for each in ids]}

    def _get_models(self, **members: Any) -> dict[str, Any]:
        return self._listed("model", **members)

    def _get_authorizers(self, **members: Any) -> dict[str, Any]:
        return self._listed("authorizer", **members)

    def _create_model(self, **members: Any) -> dict[str, Any]:
        return self._kept("model", "ModelId", members)

    def _create_authorizer(self, **members: Any) -> dict[str, Any]:
        return self._kept("authorizer", "AuthorizerId", members)

    def _delete_model(self, **members: Any) -> None:
        self.client.delete_model(**members)
        self._children[(members["ApiId"], "model")].remove(members["ModelId"])

    def _delete_authorizer(self, **members: Any) -> None:
        self.client.delete_authorizer(**members)
        self._children[(members["ApiId"], "authorizer")].remove(members["AuthorizerId"])

    def _kept(self, noun: str, name: str, members: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = getattr(self.client, f"create_{noun}")(**members)
        self._children.setdefault((members["ApiId"], noun), []).append(made[name])
        return made

    def _listed(self, noun: str, *, ApiId: str, **_: Any) -> dict[str, Any]:
        name = f"{noun.capitalize()}Id"
        get = getattr(self.client, f"get_{noun}")
        ids = self._children.get((ApiId, noun), [])
        return {"Items": [get(**{"ApiId": ApiId, name: each}) for each in ids]}
