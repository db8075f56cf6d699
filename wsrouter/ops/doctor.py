"""The examinations of `ws_doctor`, each with a finding."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from wsrouter import conf
from wsrouter.aws import clients
from wsrouter.errors import ConnectionGone, WSRouterError
from wsrouter.options.environment import api_id_variable
from wsrouter.options.gateway import Gateway
from wsrouter.routing.ports import Address
from wsrouter.sync import endpoint_probe
from wsrouter.sync.plan import Plan, prepare
from wsrouter.sync.target import Target
from wsrouter.wiring import outgoing, publisher

UNKNOWN_CONNECTION = "wsrouterdoctor0="
"""A connection id that does not exist. It has the form of AWS's ids, as AWS answers 400
to an id of another form."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`subject` is what was examined. `level` is ok, note or wrong; for the last two,
    `text` says what to do."""

    subject: str
    text: str
    level: str = "ok"


def examine(alias: str, options: Mapping[str, str]) -> Iterator[Finding]:
    """Every finding about a gateway; `options` are those of
    `publisher.control_plane`."""
    try:
        gateway = conf.gateway(alias)
        snapshot = publisher.wanted_snapshot(alias)
    except (WSRouterError, ImproperlyConfigured) as error:
        yield Finding("settings", str(error), "wrong")
        return
    yield Finding("settings", f"{len(snapshot.routes)} routes to publish.")
    yield _function(gateway) if gateway.lambda_function else _secret(gateway)
    plan: Plan | None = None
    try:
        target = Target.of(gateway)
        plan = prepare(publisher.control_plane(alias, **options), target, snapshot)
    except WSRouterError as error:
        yield Finding("control plane", str(error), "wrong")
    else:
        yield _published(plan)
    if not gateway.lambda_function:
        yield from _endpoint(gateway)
    yield _cookies(gateway)
    if plan and plan.deployed.api_id:
        yield _sending(gateway, plan.deployed.api_id, options)


def _secret(gateway: Gateway) -> Finding:
    if gateway.secrets[0] in conf.accepted_secrets(gateway.alias):
        return Finding("secret", "This Django accepts the secret that is published.")
    advice = "SECRET is weak: only DEBUG accepts it. Use at least 32 characters."
    return Finding("secret", advice, "wrong")


def _function(gateway: Gateway) -> Finding:
    """Only API Gateway may invoke the function, so it is not examined itself."""
    if not gateway.api_id:
        advice = (
            "API_ID is missing: a function with these settings refuses every event."
            " ws_sync prints the id. If it is in the environment of the function alone,"
            f" set {api_id_variable(gateway.alias)} here as well."
        )
        return Finding("function", advice, "wrong")
    text = f"It accepts events of the API {gateway.api_id}, if its settings are these."
    return Finding("function", text)


def _published(plan: Plan) -> Finding:
    if not plan.deployed.api_id:
        return Finding("published", "There is no API yet: run ws_sync.", "wrong")
    if plan.in_sync:
        return Finding("published", f"{plan.deployed.api_id} is in sync.")
    count = len(plan.changes)
    subject = "1 change is" if count == 1 else f"{count} changes are"
    text = f"{subject} not published: run ws_sync."
    return Finding("published", text, "wrong")


def _endpoint(gateway: Gateway) -> Iterator[Finding]:
    if gateway.vpc_link:
        text = (
            "Not examined: ENDPOINT is behind VPC_LINK, so only API Gateway reaches it."
        )
        yield Finding("endpoint", text, "note")
        return
    findings = [
        Finding("endpoint", text, "wrong") for text in endpoint_probe.problems(gateway)
    ]
    ok = "It accepts requests with the secret and refuses those without."
    yield from findings or [Finding("endpoint", ok)]


def _cookies(gateway: Gateway) -> Finding:
    if gateway.domain is None:
        text = (
            "Browsers send no cookies to an execute-api host: set DOMAIN to a name on"
            " your site, or use tickets."
        )
        return Finding("cookies", text, "note")
    scope = (settings.SESSION_COOKIE_DOMAIN or "").lstrip(".")
    name = gateway.domain.name
    if scope and (name == scope or name.endswith(f".{scope}")):
        return Finding("cookies", f"The session cookie of {scope} reaches {name}.")
    parent = name.partition(".")[2]
    text = (
        f'The session cookie does not reach {name}: SESSION_COOKIE_DOMAIN = ".{parent}"'
    )
    return Finding("cookies", text, "note")


def _sending(gateway: Gateway, api_id: str, options: Mapping[str, str]) -> Finding:
    endpoint_url = options["endpoint_url"] or gateway.aws_endpoint_url
    if gateway.management_endpoint or not clients.is_loopback(endpoint_url):
        return _connections(gateway, api_id)
    text = (
        "Not examined: the API was published to an emulator on this machine, whose"
        " sockets `ws_local` holds. Set MANAGEMENT_ENDPOINT to examine them."
    )
    return Finding("@connections", text, "note")


def _connections(gateway: Gateway, api_id: str) -> Finding:
    address = Address(
        gateway=gateway.alias,
        connection_id=UNKNOWN_CONNECTION,
        api_id=gateway.api_id or api_id,
        stage=gateway.stage,
    )
    try:
        outgoing.transport(gateway.alias).info(address)
    except ConnectionGone:
        pass
    except WSRouterError as error:
        advice = (
            f"{str(error).rstrip('.')}. The application needs credentials with the"
            " permission execute-api:ManageConnections (`ws_export iam-policy`)."
            f"{_dns(gateway)}"
        )
        return Finding("@connections", advice, "wrong")
    return Finding("@connections", "Sending events is permitted.")


def _dns(gateway: Gateway) -> str:
    domain = gateway.domain
    if domain is None or not domain.disable_execute_api_endpoint:
        return ""
    return (
        " With DISABLE_EXECUTE_API_ENDPOINT, posts go to"
        f" {domain.name}: its DNS must lead to API Gateway."
    )


def is_wrong(findings: list[Finding]) -> bool:
    return any(finding.level == "wrong" for finding in findings)
