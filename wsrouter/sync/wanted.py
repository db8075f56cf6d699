"""The API that a gateway's settings and routes ask for."""

from collections.abc import Iterator

from wsrouter.catalog.lambda_function import invocation_uri
from wsrouter.catalog.routes import ApiSpec
from wsrouter.catalog.snapshot import (
    AWS_PROXY,
    CONNECT,
    DEFAULT,
    DISCONNECT,
    AccessLog,
    Api,
    Authorizer,
    Domain,
    Integration,
    Model,
    RouteEntry,
    RouteSettings,
    Snapshot,
    Stage,
)
from wsrouter.options.gateway import Gateway
from wsrouter.options.publishing import AuthorizerOption, Throttle
from wsrouter.sync.digest import SECRET_TARGET
from wsrouter.sync.message_model import message_model
from wsrouter.sync.publishable import validate
from wsrouter.sync.target import DOMAIN_TAG, TAG, authorizer_name, description
from wsrouter.wire import mapping

DEFAULT_THROTTLE = Throttle(rate=10_000, burst=5_000)
"""What AWS shows for a stage without a throttle of its own: the quota of the account
(Developer Guide, "Amazon API Gateway quotas")."""


def wanted_snapshot(
    gateway: Gateway, spec: ApiSpec, *, secret_needed: bool = True
) -> Snapshot:
    """The snapshot to publish; raises SyncError for what AWS would refuse later."""
    snapshot = unchecked_snapshot(gateway, spec)
    validate(gateway, spec, snapshot, secret_needed=secret_needed)
    return snapshot


def unchecked_snapshot(gateway: Gateway, spec: ApiSpec) -> Snapshot:
    """The same snapshot from settings that need not be complete; never raises
    SyncError."""
    models = dict(_models(gateway, spec))
    return Snapshot(
        api=_api(gateway),
        integration=_integration(gateway),
        routes={route.key: route for route in _routes(gateway, spec, models)},
        stage=_stage(gateway),
        authorizer=_authorizer(gateway.alias, gateway.authorizer),
        models={model.name: model for model in models.values()},
        domain=_domain(gateway),
    )


def _api(gateway: Gateway) -> Api:
    # An API that is found by its id keeps its name, unless API_NAME gives another one.
    name = gateway.api_name or ("" if gateway.api_id else gateway.alias)
    tags = {TAG: gateway.api_name} if gateway.api_name else {}
    if gateway.domain:
        tags[DOMAIN_TAG] = gateway.domain.name
    domain = gateway.domain
    return Api(
        name=name,
        route_selection_expression=gateway.route_selection_expression,
        disable_execute_api_endpoint=(
            domain is not None and domain.disable_execute_api_endpoint
        ),
        tags={**gateway.tags, **tags},
    )


def _integration(gateway: Gateway) -> Integration:
    """LAMBDA comes before ENDPOINT. Its events carry the whole context, so that nothing
    is mapped."""
    if gateway.lambda_function:
        return Integration(
            type=AWS_PROXY,
            uri=invocation_uri(gateway.lambda_function),
            description=description(gateway.alias),
            timeout_millis=round(gateway.timeout * 1000),
        )
    return _http_integration(gateway)


def _http_integration(gateway: Gateway) -> Integration:
    """The integration that posts to ENDPOINT."""
    parameters = mapping.request_parameters(
        alias=gateway.alias,
        secret=gateway.secrets[0] if gateway.secrets else "",
        extra=gateway.headers,
        authorized=bool(gateway.authorizer),
    )
    if not gateway.secrets:
        del parameters[SECRET_TARGET]
    return Integration(
        uri=gateway.endpoint,
        description=description(gateway.alias),
        connection_type="VPC_LINK" if gateway.vpc_link else "INTERNET",
        connection_id=gateway.vpc_link,
        timeout_millis=round(gateway.timeout * 1000),
        request_parameters=parameters,
    )


def _routes(
    gateway: Gateway, spec: ApiSpec, models: dict[str, Model]
) -> Iterator[RouteEntry]:
    has_authorizer = gateway.authorizer is not None
    yield RouteEntry(
        key=CONNECT,
        authorization_type="CUSTOM" if has_authorizer else "NONE",
        authorizer=authorizer_name(gateway.alias) if has_authorizer else "",
    )
    yield RouteEntry(key=DISCONNECT)
    two_way = gateway.reply_via == "response"
    for key in _message_keys(gateway, spec):
        name = models[key].name if key in models else ""
        yield RouteEntry(key=key, two_way=two_way, has_response=two_way, model=name)


def _message_keys(gateway: Gateway, spec: ApiSpec) -> list[str]:
    """The library's own keys are published where no `$default` takes them."""
    default = [DEFAULT] if gateway.default_route else []
    if gateway.publish == "default":
        return default
    library = () if gateway.default_route else spec.library
    return [*default, *(route.key for route in (*spec.routes, *library))]


def _models(gateway: Gateway, spec: ApiSpec) -> Iterator[tuple[str, Model]]:
    validated = gateway.validate_at_gateway
    marker = description(gateway.alias)
    for route in spec.routes if gateway.publish == "routes" else ():
        if validated is True or (validated and route.key in validated):
            yield route.key, message_model(route, gateway, description=marker)


def _authorizer(alias: str, option: AuthorizerOption | None) -> Authorizer | None:
    if option is None:
        return None
    return Authorizer(
        name=authorizer_name(alias),
        uri=invocation_uri(option.function),
        identity_source=option.identity,
        credentials_arn=option.role,
    )


def _stage(gateway: Gateway) -> Stage:
    throttling, log = gateway.throttling, gateway.access_log
    routes = throttling.routes if throttling else {}
    return Stage(
        name=gateway.stage,
        default_route_settings=_settings(
            gateway, throttling.default if throttling else None
        ),
        route_settings={
            key: _settings(gateway, throttle) for key, throttle in routes.items()
        },
        access_log=(
            AccessLog(destination_arn=log.destination, format=log.format)
            if log
            else None
        ),
        client_certificate_id=gateway.client_certificate,
    )


def _settings(gateway: Gateway, throttle: Throttle | None) -> RouteSettings:
    if throttle == DEFAULT_THROTTLE:
        throttle = None
    return RouteSettings(
        throttling_rate_limit=throttle.rate if throttle else None,
        throttling_burst_limit=throttle.burst if throttle else None,
        logging_level=gateway.logging_level,
    )


def _domain(gateway: Gateway) -> Domain | None:
    if gateway.domain is None:
        return None
    return Domain(
        name=gateway.domain.name,
        certificate_arn=gateway.domain.certificate,
        mapping_key=gateway.domain.mapping_key,
    )
