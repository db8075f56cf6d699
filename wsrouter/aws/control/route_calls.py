"""Integrations, routes and their responses, through boto3's apigatewayv2."""

from collections.abc import Collection, Iterator
from contextlib import suppress

from wsrouter.aws.control import items
from wsrouter.aws.control.call_retry import RetryingCalls
from wsrouter.catalog.snapshot import RESPONSE_KEY, Integration, RouteEntry
from wsrouter.sync.control_errors import NotFound
from wsrouter.sync.records import IntegrationRecord, RouteRecord


class RouteCalls:
    """The ControlPlane methods for integrations, routes and route responses."""

    _aws: RetryingCalls

    def integrations(self, api_id: str) -> Iterator[IntegrationRecord]:
        pages = self._aws.pages("get_integrations", ApiId=api_id)
        return map(items.integration, pages)

    def create_integration(
        self, api_id: str, integration: Integration
    ) -> IntegrationRecord:
        item = self._aws.call(
            "create_integration",
            mask=items.mapped_secret(integration),
            ApiId=api_id,
            **items.integration_arguments(integration),
        )
        return items.integration(item)

    def update_integration(
        self,
        api_id: str,
        integration_id: str,
        integration: Integration,
        *,
        removed: Collection[str] = (),
    ) -> None:
        self._aws.call(
            "update_integration",
            mask=items.mapped_secret(integration),
            ApiId=api_id,
            IntegrationId=integration_id,
            **items.integration_arguments(integration, removed),
        )

    def delete_integration(self, api_id: str, integration_id: str) -> None:
        with suppress(NotFound):
            self._aws.call(
                "delete_integration", ApiId=api_id, IntegrationId=integration_id
            )

    def routes(self, api_id: str) -> Iterator[RouteRecord]:
        return map(items.route, self._aws.pages("get_routes", ApiId=api_id))

    def create_route(
        self,
        api_id: str,
        route: RouteEntry,
        *,
        integration_id: str,
        authorizer_id: str = "",
    ) -> RouteRecord:
        arguments = items.route_arguments(route, integration_id, authorizer_id)
        return items.route(self._aws.call("create_route", ApiId=api_id, **arguments))

    def update_route(
        self,
        api_id: str,
        route_id: str,
        route: RouteEntry,
        *,
        integration_id: str,
        authorizer_id: str = "",
        old: RouteEntry | None = None,
    ) -> RouteRecord:
        arguments = items.route_arguments(route, integration_id, authorizer_id)
        cleared = items.route_clearing_arguments(old, route) if old else {}
        return items.route(
            self._aws.call(
                "update_route", ApiId=api_id, RouteId=route_id, **arguments, **cleared
            )
        )

    def delete_route(self, api_id: str, route_id: str) -> None:
        with suppress(NotFound):
            self._aws.call("delete_route", ApiId=api_id, RouteId=route_id)

    def route_responses(self, api_id: str, route_id: str) -> Iterator[str]:
        for item in self._aws.pages(
            "get_route_responses", ApiId=api_id, RouteId=route_id
        ):
            yield item["RouteResponseId"]

    def create_route_response(self, api_id: str, route_id: str) -> None:
        self._aws.call(
            "create_route_response",
            ApiId=api_id,
            RouteId=route_id,
            RouteResponseKey=RESPONSE_KEY,
        )

    def delete_route_response(
        self, api_id: str, route_id: str, response_id: str
    ) -> None:
        with suppress(NotFound):
            self._aws.call(
                "delete_route_response",
                ApiId=api_id,
                RouteId=route_id,
                RouteResponseId=response_id,
            )
