"""A snapshot as a Terraform configuration in JSON syntax (`.tf.json`)."""

import json
from typing import Any

from wsrouter.catalog import lambda_function
from wsrouter.catalog.snapshot import Integration, RouteSettings, Snapshot
from wsrouter.sync.digest import SECRET_TARGET
from wsrouter.sync.export.logical_names import logical_names

Block = dict[str, Any]
API_ID = "${aws_apigatewayv2_api.this.id}"
_PREFIX = "aws_apigatewayv2_"
_SECRET_VARIABLE: Block = {
    "variable": {"wsrouter_secret": {"type": "string", "sensitive": True}}
}


def configuration(snapshot: Snapshot) -> Block:
    """The whole API. The secret, if there is one, is a sensitive variable. The
    deployment is replaced when anything that it deploys changes."""
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
    blocks = {_PREFIX + kind: blocks for kind, blocks in resources.items() if blocks}
    return {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        **({} if snapshot.integration.invokes_function else _SECRET_VARIABLE),
        "resource": {**blocks, **_permission(snapshot.integration)},
        "output": {
            "api_id": {"value": API_ID},
            "url": {"value": _url(snapshot)},
        },
    }


def _url(snapshot: Snapshot) -> str:
    if snapshot.domain and snapshot.api.disable_execute_api_endpoint:
        return _escaped(f"wss://{snapshot.domain.address}")
    return "${aws_apigatewayv2_stage.this.invoke_url}"


def _api(snapshot: Snapshot) -> Block:
    return _arguments(
        name=snapshot.api.name,
        protocol_type="WEBSOCKET",
        route_selection_expression=_escaped(snapshot.api.route_selection_expression),
        disable_execute_api_endpoint=snapshot.api.disable_execute_api_endpoint or "",
        tags=dict(snapshot.api.tags),
    )


def _integration(snapshot: Snapshot) -> Block:
    integration = snapshot.integration
    parameters = {
        name: _escaped(source)
        for name, source in integration.request_parameters.items()
    }
    if not integration.invokes_function:
        parameters[SECRET_TARGET] = "'${var.wsrouter_secret}'"
    return _arguments(
        api_id=API_ID,
        description=integration.description,
        integration_type=integration.type,
        integration_method=integration.method,
        integration_uri=_escaped(integration.uri),
        connection_type=integration.connection_type,
        connection_id=_escaped(integration.connection_id),
        passthrough_behavior="WHEN_NO_MATCH",
        timeout_milliseconds=integration.timeout_millis,
        request_parameters=parameters,
    )


def _permission(integration: Integration) -> Block:
    if not integration.invokes_function:
        return {}
    block = {
        "action": lambda_function.ACTION,
        "function_name": _escaped(integration.function),
        "principal": lambda_function.PRINCIPAL,
        "source_arn": "${aws_apigatewayv2_api.this.execution_arn}/*",
    }
    return {"aws_lambda_permission": {"this": block}}


def _model(snapshot: Snapshot, name: str) -> Block:
    model = snapshot.models[name]
    return _arguments(
        api_id=API_ID,
        name=name,
        content_type="application/json",
        description=model.description,
        schema=_escaped(model.schema),
    )


def _authorizer(snapshot: Snapshot) -> dict[str, Block]:
    authorizer = snapshot.authorizer
    if authorizer is None:
        return {}
    block = _arguments(
        api_id=API_ID,
        name=authorizer.name,
        authorizer_type="REQUEST",
        authorizer_uri=authorizer.uri,
        authorizer_credentials_arn=authorizer.credentials_arn,
        identity_sources=[_escaped(source) for source in authorizer.identity_source],
    )
    return {"this": block}


def _routes(snapshot: Snapshot) -> dict[str, dict[str, Block]]:
    names = logical_names(snapshot.routes)
    with_response = [key for key in names if snapshot.routes[key].has_response]
    return {
        "route": {name: _route(snapshot, key) for key, name in names.items()},
        "route_response": {
            names[key]: {
                "api_id": API_ID,
                "route_id": _reference("route", names[key]),
                "route_response_key": "$default",
            }
            for key in with_response
        },
    }


def _route(snapshot: Snapshot, key: str) -> Block:
    route = snapshot.routes[key]
    model = {"$default": _reference("model", route.model, "name")}
    return _arguments(
        api_id=API_ID,
        route_key=_escaped(key),
        target=f"integrations/{_reference('integration', 'this')}",
        authorization_type=route.authorization_type,
        authorizer_id=_reference("authorizer", "this") if route.authorizer else "",
        route_response_selection_expression="$default" if route.two_way else "",
        model_selection_expression="$request.body.action" if route.model else "",
        request_models=model if route.model else "",
    )


def _deployment(resources: dict[str, dict[str, Block]]) -> Block:
    deployed = ("api", "integration", "model", "authorizer", "route", "route_response")
    addresses = [
        f"{_PREFIX}{kind}.{name}" for kind in deployed for name in resources[kind]
    ]
    return {
        "api_id": API_ID,
        "triggers": {"redeploy": f"${{sha1(jsonencode([{', '.join(addresses)}]))}}"},
        "depends_on": addresses,
        "lifecycle": {"create_before_destroy": True},
    }


def _stage(snapshot: Snapshot) -> Block:
    stage, log = snapshot.stage, snapshot.stage.access_log
    logs = (
        {"destination_arn": log.destination_arn, "format": _escaped(log.format)}
        if log
        else ""
    )
    return _arguments(
        api_id=API_ID,
        name=stage.name,
        deployment_id=_reference("deployment", "this"),
        default_route_settings=_settings(stage.default_route_settings),
        route_settings=[
            {"route_key": _escaped(key), **_settings(settings)}
            for key, settings in stage.route_settings.items()
        ],
        access_log_settings=logs,
        client_certificate_id=stage.client_certificate_id,
    )


def _settings(value: RouteSettings) -> Block:
    """Always with both limits: Terraform sends 0 for a missing one, and AWS then
    refuses every request with 429."""
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
    mapping = _arguments(
        api_id=API_ID,
        domain_name=_reference("domain_name", "this"),
        stage=_reference("stage", "this"),
        api_mapping_key=_escaped(domain.mapping_key),
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


def _reference(kind: str, name: str, attribute: str = "id") -> str:
    return f"${{{_PREFIX}{kind}.{name}.{attribute}}}"


def _escaped(text: str) -> str:
    """The text with `${` and `%{` escaped, which Terraform would evaluate."""
    return text.replace("${", "$${").replace("%{", "%%{")


def _arguments(**arguments: Any) -> Block:
    """A block with the arguments that are not empty. False and 0 are values."""
    return {
        name: value for name, value in arguments.items() if value not in ("", {}, [])
    }


def text(snapshot: Snapshot) -> str:
    """The configuration as the content of a file."""
    return json.dumps(configuration(snapshot), indent=2)
