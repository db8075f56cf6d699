"""The throw-away APIs that the probes need, as snapshots."""

import json
from collections.abc import Mapping
from dataclasses import replace

from wsrouter.catalog.snapshot import (
    CONNECT,
    DEFAULT,
    DISCONNECT,
    Api,
    Integration,
    Model,
    RouteEntry,
    RouteSettings,
    Snapshot,
    Stage,
)
from wsrouter.sync.target import TAG, description
from wsrouter.wire import mapping

ALIAS = "truth"
STAGE = "truth"
TRUTH_TAG = "wsrouter:truth"
"""The tag of every API that ws_truth makes; its value is the id of the run."""
ONE_WAY = ("one-way", "limited", "null", "7", "true", "first", "last")
MODEL = Model(
    name="TruthSized",
    schema=json.dumps(
        {
            "$schema": "http://json-schema.org/draft-04/schema#",
            "properties": {"size": {"type": "integer"}},
            "type": "object",
        },
        separators=(",", ":"),
        sort_keys=True,
    ),
    description=description(ALIAS),
)


def api_name(run_id: str, edition: str) -> str:
    """The name of an API, which no other API has: the run's id is random."""
    return f"wsrouter-truth-{run_id}-{edition}"


def general(run_id: str, edition: str, *, uri: str, secret: str) -> Snapshot:
    """An API with a route for every question that messages answer."""
    name = api_name(run_id, edition)
    return Snapshot(
        api=Api(
            name=name,
            route_selection_expression="$request.body.action",
            tags={TAG: name, TRUTH_TAG: run_id},
        ),
        integration=Integration(
            uri=uri,
            description=description(ALIAS),
            request_parameters=mapping.request_parameters(alias=ALIAS, secret=secret),
        ),
        routes=dict(_routes()),
        stage=Stage(
            name=STAGE,
            route_settings={
                "limited": RouteSettings(
                    throttling_rate_limit=1, throttling_burst_limit=1
                )
            },
        ),
    )


def _routes() -> Mapping[str, RouteEntry]:
    two_way = {
        key: RouteEntry(key=key, two_way=True, has_response=True)
        for key in (DEFAULT, "reply")
    }
    return {
        **{key: RouteEntry(key=key) for key in (CONNECT, DISCONNECT, *ONE_WAY)},
        **two_way,
        "expression": RouteEntry(key="expression", two_way=True, has_response=False),
    }


def small(snapshot: Snapshot, *more: RouteEntry) -> Snapshot:
    """The same with few routes, which is published faster."""
    keys = (CONNECT, DISCONNECT, DEFAULT, "reply")
    routes = {key: snapshot.routes[key] for key in keys}
    return replace(
        snapshot,
        routes={**routes, **{route.key: route for route in more}},
        stage=Stage(name=snapshot.stage.name),
    )


def hasty(snapshot: Snapshot, *, seconds: float) -> Snapshot:
    """The API whose integration times out soon."""
    millis = max(50, round(seconds * 1000))
    integration = replace(snapshot.integration, timeout_millis=millis)
    return replace(small(snapshot), integration=integration)


def unreachable(snapshot: Snapshot, uri: str) -> Snapshot:
    """The API whose backend cannot be reached."""
    return replace(small(snapshot), integration=replace(snapshot.integration, uri=uri))


def validated(snapshot: Snapshot) -> Snapshot:
    """The API with a request model."""
    route = RouteEntry(
        key="validated", two_way=True, has_response=True, model=MODEL.name
    )
    return replace(small(snapshot, route), models={MODEL.name: MODEL})


def redeployed(snapshot: Snapshot) -> Snapshot:
    """The small API with one route more."""
    return small(snapshot, RouteEntry(key="later"))


def disabled(snapshot: Snapshot) -> Snapshot:
    """The small API with its execute-api host disabled."""
    api = replace(snapshot.api, disable_execute_api_endpoint=True)
    return replace(small(snapshot), api=api)
