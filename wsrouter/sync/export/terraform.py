"""A snapshot as a Terraform configuration in JSON syntax (`.tf.json`)."""

import json
from typing import Any

from wsrouter.catalog.snapshot import RouteSettings, Snapshot
from wsrouter.sync.digest import SECRET_TARGET
from wsrouter.sync.export.logical_names import logical_names

Block = dict[str, Any]
API_ID = "${aws_apigatewayv2_api.this.id}"
_PREFIX = "aws_apigatewayv2_"


def configuration(snapshot: Snapshot) -> Block:
    """The whole API. The secret is a sensitive variable; the deployment is made anew
    when anything changes that it deploys."""
    resources: dict[str, dict[str, Block]] = {
        "api": {"this": _api(snapshot)},
        "integration": {"this": _integration(snapshot)},
        "model": {name: _model(snapshot, name) for name in snapshot.models},
        "authorizer": _authorizer(snapshot),
        **_routes(snapshot),
    }
    resources["deployment"] = {"this": _deployment(resources)}
    resources["stage"] = {"this": _stage(snapshot)}
    resources |= _domain(snapshot)
    return {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "variable": {"wsrouter_secret": {"type": "string", "sensitive": True}},
        "resource": {_PREFIX + kind: each for kind, each in resources.items() if each},
        "output": {
            "api_id": {"value": API_ID},
            "url": {"value": _url(snapshot)},
        },
    }


def _url(snapshot: Snapshot) -> str:
    if snapshot.domain and snapshot.api.disable_execute_api_endpoint:
        return _plain(f"wss://{snapshot.domain.address}")
    return "${aws_apigatewayv2_stage.this.invoke_url}"


def _api(snapshot: Snapshot) -> Block:
    return _said(
        name=snapshot.api.name,
        protocol_type="WEBSOCKET",
        route_selection_expression=_plain(snapshot.api.route_selection_expression),
        disable_execute_api_endpoint=snapshot.api.disable_execute_api_endpoint or "",
        tags=dict(snapshot.api.tags),
    )


def _integration(snapshot: Snapshot) -> Block:
    value = snapshot.integration
    parameters = {
        name: _plain(source) for name, source in value.request_parameters.items()
    }
    parameters[SECRET_TARGET] = "'${var.wsrouter_secret}'"
    return _said(
        api_id=API_ID,
        description=value.description,
        integration_type=value.type,
        integration_method=value.method,
        integration_uri=_plain(value.uri),
        connection_type=value.connection_type,
        connection_id=_plain(value.connection_id),
        passthrough_behavior="WHEN_NO_MATCH",
        timeout_milliseconds=value.timeout_millis,
        request_parameters=parameters,
    )


def _model(snapshot: Snapshot, name: str) -> Block:
    model = snapshot.models[name]
    return _said(
        api_id=API_ID,
        name=name,
        content_type="application/json",
        description=model.description,
        schema=_plain(model.schema),
    )


def _authorizer(snapshot: Snapshot) -> dict[str, Block]:
    guard = snapshot.authorizer
    if guard is None:
        return {}
    found = _said(
        api_id=API_ID,
        name=guard.name,
        authorizer_type="REQUEST",
        authorizer_uri=guard.uri,
        authorizer_credentials_arn=guard.credentials_arn,
        identity_sources=[_plain(each) for each in guard.identity_source],
    )
    return {"this": found}


def _routes(snapshot: Snapshot) -> dict[str, dict[str, Block]]:
    names = logical_names(snapshot.routes)
    answered = [key for key in names if snapshot.routes[key].has_response]
    return {
        "route": {name: _route(snapshot, key) for key, name in names.items()},
        "route_response": {
            names[key]: {
                "api_id": API_ID,
                "route_id": _reference("route", names[key]),
                "route_response_key": "$default",
            }
            for key in answered
        },
    }


def _route(snapshot: Snapshot, key: str) -> Block:
    route = snapshot.routes[key]
    model = {"$default": _reference("model", route.model, "name")}
    return _said(
        api_id=API_ID,
        route_key=_plain(key),
        target=f"integrations/{_reference('integration', 'this')}",
        authorization_type=route.authorization_type,
        authorizer_id=_reference("authorizer", "this") if route.authorizer else "",
        route_response_selection_expression="$default" if route.two_way else "",
        model_selection_expression="$request.body.action" if route.model else "",
        request_models=model if route.model else "",
    )


def _deployment(resources: dict[str, dict[str, Block]]) -> Block:
    deployed = ("api", "integration", "model", "authorizer", "route", "route_response")
    every = [f"{_PREFIX}{kind}.{name}" for kind in deployed for name in resources[kind]]
    return {
        "api_id": API_ID,
        "triggers": {"redeploy": f"${{sha1(jsonencode([{', '.join(every)}]))}}"},
        "depends_on": every,
        "lifecycle": {"create_before_destroy": True},
    }


def _stage(snapshot: Snapshot) -> Block:
    stage, log = snapshot.stage, snapshot.stage.access_log
    logs = (
        {"destination_arn": log.destination_arn, "format": _plain(log.format)}
        if log
        else ""
    )
    return _said(
        api_id=API_ID,
        name=stage.name,
        deployment_id=_reference("deployment", "this"),
        default_route_settings=_settings(stage.default_route_settings),
        route_settings=[
            {"route_key": _plain(key), **_settings(each)}
            for key, each in stage.route_settings.items()
        ],
        access_log_settings=logs,
        client_certificate_id=stage.client_certificate_id,
    )


def _settings(value: RouteSettings) -> Block:
    """Terraform sends 0 for a missing limit, which refuses every request: so AWS's own
    default is written down."""
    rate, burst = value.throttling_rate_limit, value.throttling_burst_limit
    return {
        "logging_level": value.logging_level,
        "throttling_rate_limit": 10_000 if rate is None else rate,
        "throttling_burst_limit": 5_000 if burst is None else burst,
    }


def _domain(snapshot: Snapshot) -> dict[str, dict[str, Block]]:
    domain = snapshot.domain
    if domain is None:
        return {}
    configuration = {
        "certificate_arn": domain.certificate_arn,
        "endpoint_type": "REGIONAL",
        "security_policy": "TLS_1_2",
    }
    mapping = _said(
        api_id=API_ID,
        domain_name=_reference("domain_name", "this"),
        stage=_reference("stage", "this"),
        api_mapping_key=_plain(domain.mapping_key),
    )
    return {
        "domain_name": {
            "this": {
                "domain_name": domain.name,
                "domain_name_configuration": configuration,
            }
        },
        "api_mapping": {"this": mapping},
    }


def _reference(kind: str, name: str, member: str = "id") -> str:
    return f"${{{_PREFIX}{kind}.{name}.{member}}}"


def _plain(text: str) -> str:
    """The text itself: Terraform evaluates `${` and `%{`."""
    return text.replace("${", "$${").replace("%{", "%%{")


def _said(**members: Any) -> Block:
    return {name: each for name, each in members.items() if each not in ("", {}, [])}


def text(snapshot: Snapshot) -> str:
    """The configuration as the content of a file."""
    return json.dumps(configuration(snapshot), indent=2)
