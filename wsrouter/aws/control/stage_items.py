"""Stages, deployments and domains: from boto3's items to snapshot values, and back to
arguments."""

from collections.abc import Mapping
from typing import Any

from wsrouter.aws.control.items import Item, timestamp
from wsrouter.catalog.snapshot import AccessLog, Domain, RouteSettings, Stage
from wsrouter.sync.records import (
    Deployment,
    DomainRecord,
    MappingRecord,
    StageRecord,
)

DEFAULT_THROTTLE = {"ThrottlingRateLimit": 10_000.0, "ThrottlingBurstLimit": 5_000}
"""What AWS shows for a stage without a throttle: the quota of the account (Developer
Guide, "Amazon API Gateway quotas"). Writing these values is also the only way to
remove a throttle; 0 would refuse every request."""


def stage(item: Item) -> StageRecord:
    settings = item.get("RouteSettings") or {}
    return StageRecord(
        stage=Stage(
            name=item["StageName"],
            auto_deploy=item.get("AutoDeploy") or False,
            default_route_settings=_settings(item.get("DefaultRouteSettings") or {}),
            route_settings={key: _settings(found) for key, found in settings.items()},
            access_log=_access_log(item.get("AccessLogSettings") or {}),
            client_certificate_id=item.get("ClientCertificateId") or "",
        ),
        deployment_id=item.get("DeploymentId") or "",
        description=item.get("Description") or "",
    )


def stage_arguments(value: Stage, old: Stage | None = None) -> dict[str, Any]:
    """Every argument except the route settings. A throttle that only `old` has is
    removed."""
    was_throttled = old and old.default_route_settings.throttling_rate_limit is not None
    default = DEFAULT_THROTTLE if was_throttled else {}
    certificate = value.client_certificate_id
    had_certificate = bool(old and old.client_certificate_id)
    log = value.access_log
    return {
        "StageName": value.name,
        "AutoDeploy": value.auto_deploy,
        "DefaultRouteSettings": {
            **default,
            **settings_arguments(value.default_route_settings),
        },
        **(
            {
                "AccessLogSettings": {
                    "DestinationArn": log.destination_arn,
                    "Format": log.format,
                }
            }
            if log
            else {}
        ),
        **(
            {"ClientCertificateId": certificate}
            if certificate or had_certificate
            else {}
        ),
    }


def settings_arguments(value: RouteSettings) -> dict[str, Any]:
    """Throttling limits are sent only where there are any."""
    limits = {
        "ThrottlingRateLimit": value.throttling_rate_limit,
        "ThrottlingBurstLimit": value.throttling_burst_limit,
    }
    given = {name: value for name, value in limits.items() if value is not None}
    return {"LoggingLevel": value.logging_level, **given}


def deployment(item: Item) -> Deployment:
    return Deployment(
        id=item["DeploymentId"],
        status=item.get("DeploymentStatus") or "",
        status_message=item.get("DeploymentStatusMessage") or "",
        description=item.get("Description") or "",
        created=timestamp(item.get("CreatedDate")),
    )


def domain(item: Item) -> DomainRecord:
    configurations = item.get("DomainNameConfigurations") or [{}]
    first: Mapping[str, Any] = configurations[0]
    return DomainRecord(
        name=item["DomainName"],
        certificate_arn=first.get("CertificateArn") or "",
        target=first.get("ApiGatewayDomainName") or "",
        zone=first.get("HostedZoneId") or "",
        tags=item.get("Tags") or {},
    )


def domain_arguments(value: Domain) -> dict[str, Any]:
    configuration = {
        "CertificateArn": value.certificate_arn,
        "EndpointType": "REGIONAL",
        "SecurityPolicy": "TLS_1_2",
    }
    return {
        "DomainName": value.name,
        "DomainNameConfigurations": [configuration],
    }


def mapping(item: Item) -> MappingRecord:
    return MappingRecord(
        id=item["ApiMappingId"],
        api_id=item.get("ApiId") or "",
        stage=item.get("Stage") or "",
        key=item.get("ApiMappingKey") or "",
    )


def _settings(item: Item) -> RouteSettings:
    rate, burst = item.get("ThrottlingRateLimit"), item.get("ThrottlingBurstLimit")
    is_default = (rate, burst) == tuple(DEFAULT_THROTTLE.values())
    return RouteSettings(
        throttling_rate_limit=None if is_default else rate,
        throttling_burst_limit=None if is_default else burst,
        logging_level=item.get("LoggingLevel") or "OFF",
    )


def _access_log(item: Item) -> AccessLog | None:
    if not item.get("DestinationArn"):
        return None
    return AccessLog(
        destination_arn=item["DestinationArn"].removesuffix(":*"),
        format=item.get("Format") or "",
    )
