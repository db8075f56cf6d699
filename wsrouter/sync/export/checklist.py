"""A snapshot as a numbered checklist for the AWS console."""

import json
from collections.abc import Iterator

from wsrouter.catalog.snapshot import Integration, RouteEntry, Snapshot
from wsrouter.sync.digest import SECRET_TARGET

SECRET_PLACEHOLDER = "'<SECRET>'"  # noqa: S105  # no real secret
_CLI = "aws apigatewayv2"
_MAPPING_OPTION = " --request-parameters file://mapping.json"


def checklist(snapshot: Snapshot) -> str:
    """The numbered steps; where the console cannot do one, it is an AWS CLI command."""
    steps = list(_steps(snapshot))
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))


def _steps(snapshot: Snapshot) -> Iterator[str]:
    yield (
        "API Gateway > Create API > WebSocket API > Build. Name:"
        f" {snapshot.api.name}. Route selection expression:"
        f" {snapshot.api.route_selection_expression}. Add no route there."
    )
    for key, value in snapshot.api.tags.items():
        yield f"API settings > Tags: {key} = {value}"
    if snapshot.api.disable_execute_api_endpoint:
        yield "API settings > Edit > Default endpoint: Disabled"
    yield f"Shell: export API_ID=<the id of the API> STAGE={snapshot.stage.name}"
    yield from _authorizer(snapshot)
    yield from _models(snapshot)
    yield from _integration(snapshot)
    for route in snapshot.routes.values():
        yield from _route(route)
    yield from _stage(snapshot)
    yield from _domain(snapshot)


def _integration(snapshot: Snapshot) -> Iterator[str]:
    """A CLI command: the console cannot attach one integration to several routes."""
    integration = snapshot.integration
    if integration.invokes_function:
        yield from _permission(integration)
    else:
        yield _mapping(integration)
    link_id = integration.connection_id
    link = f" --connection-id {link_id}" if link_id else ""
    mapping = "" if integration.invokes_function else _MAPPING_OPTION
    yield (
        f"Shell: export INTEGRATION_ID=$({_CLI} create-integration --api-id $API_ID"
        f" --integration-type {integration.type}"
        f" --integration-method {integration.method}"
        f" --integration-uri {_quoted(integration.uri)}"
        f" --description {_quoted(integration.description)}"
        f" --connection-type {integration.connection_type}{link}"
        f" --timeout-in-millis {integration.timeout_millis}{mapping}"
        " --query IntegrationId --output text)"
    )


def _mapping(integration: Integration) -> str:
    parameters = {**integration.request_parameters, SECRET_TARGET: SECRET_PLACEHOLDER}
    return (
        "Shell: write the mapping to mapping.json, with your SECRET in place of"
        f" {SECRET_PLACEHOLDER}:\n"
        f"{json.dumps(parameters, indent=2)}"
    )


def _permission(integration: Integration) -> Iterator[str]:
    function = integration.function
    _, partition, _, region, account, *_ = function.split(":")
    yield f"Shell: export REGION={region} ACCOUNT={account}  # of the API"
    yield (
        f"Shell: aws lambda add-permission --function-name {_quoted(function)}"
        " --statement-id wsrouter-$API_ID --action lambda:InvokeFunction"
        " --principal apigateway.amazonaws.com --source-arn"
        f' "arn:{partition}:execute-api:$REGION:$ACCOUNT:$API_ID/*"'
    )


def _route(route: RouteEntry) -> Iterator[str]:
    options = [
        f"--route-key {_quoted(route.key)}",
        "--target integrations/$INTEGRATION_ID",
        f"--authorization-type {route.authorization_type}",
    ]
    if route.authorizer:
        options.append("--authorizer-id $AUTHORIZER_ID")
    if route.two_way:
        options.append("--route-response-selection-expression '$default'")
    if route.model:
        models = _quoted(json.dumps({"$default": route.model}))
        options.append(f"--request-models {models}")
        options.append("--model-selection-expression '$request.body.action'")
    yield (
        f"Shell: ROUTE_ID=$({_CLI} create-route --api-id $API_ID {' '.join(options)}"
        " --query RouteId --output text)"
    )
    if route.has_response:
        yield (
            f"Shell: {_CLI} create-route-response --api-id $API_ID --route-id $ROUTE_ID"
            " --route-response-key '$default'"
        )


def _authorizer(snapshot: Snapshot) -> Iterator[str]:
    authorizer = snapshot.authorizer
    if authorizer:
        sources = " ".join(map(_quoted, authorizer.identity_source)) or "''"
        role = authorizer.credentials_arn
        credentials = f" --authorizer-credentials-arn {role}" if role else ""
        yield (
            f"Shell: export AUTHORIZER_ID=$({_CLI} create-authorizer --api-id $API_ID"
            f" --authorizer-type REQUEST --name {authorizer.name}"
            f" --identity-source {sources}"
            f" --authorizer-uri {authorizer.uri}{credentials}"
            " --query AuthorizerId --output text)"
        )


def _models(snapshot: Snapshot) -> Iterator[str]:
    for model in snapshot.models.values():
        yield (
            f"Models > Create. Name: {model.name}. Content type: application/json."
            f" Description: {model.description}. Schema: {model.schema}"
        )


def _stage(snapshot: Snapshot) -> Iterator[str]:
    stage = snapshot.stage
    yield f"Deploy API > New stage: {stage.name}"
    default = stage.default_route_settings
    if default.throttling_rate_limit is not None:
        rate, burst = default.throttling_rate_limit, default.throttling_burst_limit
        yield f"Stages > {stage.name} > Throttling: rate {rate:g}, burst {burst}"
    for key, settings in stage.route_settings.items():
        yield (
            f"Stages > {stage.name} > route {key}: rate"
            f" {settings.throttling_rate_limit or 10_000:g}, burst"
            f" {settings.throttling_burst_limit or 5_000}, log {settings.logging_level}"
        )
    if default.logging_level != "OFF":
        yield f"Stages > {stage.name} > Logs: execution log {default.logging_level}"
    if stage.access_log:
        yield (
            f"Stages > {stage.name} > Logs: access log to"
            f" {stage.access_log.destination_arn}, format {stage.access_log.format}"
        )
    if stage.client_certificate_id:
        yield (
            f"Stages > {stage.name} > Client certificate: {stage.client_certificate_id}"
        )


def _domain(snapshot: Snapshot) -> Iterator[str]:
    domain = snapshot.domain
    if domain:
        yield (
            f"Custom domain names > Create: {domain.name}, Regional, TLS 1.2,"
            f" certificate {domain.certificate_arn}"
        )
        yield (
            f"{domain.name} > API mappings > Add: stage {snapshot.stage.name}, path"
            f" {domain.mapping_key or '(empty)'}"
        )
        yield f"DNS: a CNAME from {domain.name} to the domain's API Gateway domain name"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
