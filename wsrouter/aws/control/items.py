"""APIs, integrations and routes: from boto3's items to snapshot values, and back to
arguments."""

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from wsrouter.catalog.snapshot import (
    RESPONSE_KEY,
    Api,
    Authorizer,
    Integration,
    Model,
    RouteEntry,
)
from wsrouter.sync.records import (
    ApiRecord,
    AuthorizerRecord,
    IntegrationRecord,
    ModelRecord,
    RouteRecord,
)
from wsrouter.wire import mapping

PROTOCOL = "WEBSOCKET"
_TARGET = "integrations/"
_SECRET = mapping.TARGET + mapping.SECRET
_VPC_LINK = "VPC_LINK"
_MODEL_KEY = "$default"

Item = Mapping[str, Any]


def api(item: Item) -> ApiRecord:
    return ApiRecord(
        id=item["ApiId"],
        endpoint=item.get("ApiEndpoint") or "",
        created=timestamp(item.get("CreatedDate")),
        api=Api(
            name=item.get("Name") or "",
            route_selection_expression=item.get("RouteSelectionExpression") or "",
            disable_execute_api_endpoint=item.get("DisableExecuteApiEndpoint") or False,
            tags=item.get("Tags") or {},
        ),
    )


def api_arguments(value: Api) -> dict[str, Any]:
    name = {"Name": value.name} if value.name else {}
    return {
        "RouteSelectionExpression": value.route_selection_expression,
        "DisableExecuteApiEndpoint": value.disable_execute_api_endpoint,
        **name,
    }


def authorizer(item: Item) -> AuthorizerRecord:
    return AuthorizerRecord(
        id=item["AuthorizerId"],
        authorizer=Authorizer(
            name=item.get("Name") or "",
            uri=item.get("AuthorizerUri") or "",
            identity_source=tuple(item.get("IdentitySource") or ()),
            credentials_arn=item.get("AuthorizerCredentialsArn") or "",
        ),
    )


def authorizer_arguments(value: Authorizer) -> dict[str, Any]:
    role = {"AuthorizerCredentialsArn": value.credentials_arn}
    return {
        "Name": value.name,
        "AuthorizerType": "REQUEST",
        "AuthorizerUri": value.uri,
        "IdentitySource": list(value.identity_source),
        **(role if value.credentials_arn else {}),
    }


def model(item: Item) -> ModelRecord:
    return ModelRecord(
        id=item["ModelId"],
        model=Model(
            name=item.get("Name") or "",
            schema=_canonical_json(item.get("Schema") or ""),
            description=item.get("Description") or "",
        ),
    )


def model_arguments(value: Model) -> dict[str, Any]:
    return {
        "Name": value.name,
        "Schema": value.schema,
        "ContentType": "application/json",
        "Description": value.description,
    }


def integration(item: Item) -> IntegrationRecord:
    parameters = item.get("RequestParameters") or {}
    connection = item.get("ConnectionType") or "INTERNET"
    has_link = connection == _VPC_LINK
    return IntegrationRecord(
        id=item["IntegrationId"],
        integration=Integration(
            uri=item.get("IntegrationUri") or "",
            description=item.get("Description") or "",
            type=item.get("IntegrationType") or "",
            method=item.get("IntegrationMethod") or "",
            connection_type=connection,
            connection_id=(item.get("ConnectionId") or "") if has_link else "",
            timeout_millis=item.get("TimeoutInMillis") or 29_000,
            request_parameters={
                key: value for key, value in parameters.items() if value
            },
        ),
    )


def integration_arguments(
    value: Integration, removed: Collection[str] = ()
) -> dict[str, Any]:
    """Always every argument, with the whole map: AWS merges the map by key, emulators
    replace it. The value `""` removes a key."""
    removals = dict.fromkeys(removed, "")
    link = {"ConnectionId": value.connection_id} if value.connection_id else {}
    return {
        "Description": value.description,
        "IntegrationType": value.type,
        "IntegrationMethod": value.method,
        "IntegrationUri": value.uri,
        "ConnectionType": value.connection_type,
        **link,
        "PassthroughBehavior": "WHEN_NO_MATCH",
        "PayloadFormatVersion": "1.0",
        "TimeoutInMillis": value.timeout_millis,
        "RequestParameters": {**removals, **value.request_parameters},
    }


def mapped_secret(value: Integration) -> str:
    """The secret in the mapping; AWS may repeat it in an error."""
    return value.request_parameters.get(_SECRET, "").strip("'")


def route(item: Item) -> RouteRecord:
    target = item.get("Target") or ""
    validates = item.get("ModelSelectionExpression")
    models = item.get("RequestModels") or {}
    return RouteRecord(
        id=item["RouteId"],
        integration_id=target.removeprefix(_TARGET),
        route=RouteEntry(
            key=item["RouteKey"],
            two_way=item.get("RouteResponseSelectionExpression") == RESPONSE_KEY,
            authorization_type=item.get("AuthorizationType") or "NONE",
            authorizer=item.get("AuthorizerId") or "",
            model=models.get(_MODEL_KEY, "") if validates else "",
            api_key_required=item.get("ApiKeyRequired") or False,
            operation_name=item.get("OperationName") or "",
        ),
    )


def route_arguments(
    value: RouteEntry, integration_id: str, authorizer_id: str = ""
) -> dict[str, Any]:
    two_way = {"RouteResponseSelectionExpression": RESPONSE_KEY}
    # The expression selects a key of RequestModels. No route key is one, so $default
    # is always selected (Developer Guide, "Request validation for WebSocket APIs in
    # API Gateway").
    validation = {
        "ModelSelectionExpression": "$request.body.action",
        "RequestModels": {_MODEL_KEY: value.model},
    }
    return {
        "RouteKey": value.key,
        "Target": _TARGET + integration_id,
        "AuthorizationType": value.authorization_type,
        "ApiKeyRequired": value.api_key_required,
        **({"AuthorizerId": authorizer_id} if authorizer_id else {}),
        **(two_way if value.two_way else {}),
        **(validation if value.model else {}),
    }


def route_clearing_arguments(old: RouteEntry, new: RouteEntry) -> dict[str, Any]:
    """Arguments that clear what only `old` has: in a PATCH, an empty string removes a
    field."""
    two_way = {"RouteResponseSelectionExpression": ""}
    authorizer = {"AuthorizerId": ""}
    return {
        **(two_way if old.two_way and not new.two_way else {}),
        **(authorizer if old.authorizer and not new.authorizer else {}),
    }


def timestamp(value: Any) -> str:
    """A time as text that sorts by time."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value or "")


def _canonical_json(schema: str) -> str:
    """The same text for the same schema, whatever white space the server adds."""
    try:
        return json.dumps(json.loads(schema), sort_keys=True, separators=(",", ":"))
    except ValueError:
        return schema
