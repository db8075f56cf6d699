"""`path("ws/", include("wsrouter.urls"))`: the endpoint; below it `ticket/`,
`asyncapi.json`, the console `docs/` and its `test-event/`, for another gateway than
`default` `<alias>/asyncapi.json`, `docs/<alias>/` and `<alias>/test-event/`."""

from functools import cached_property

from django.urls import ResolverMatch, URLPattern, path
from django.urls.resolvers import RoutePattern

from wsrouter.endpoint import (
    asyncapi_view,
    console_event_view,
    console_view,
    ticket_view,
    view,
)


class _Endpoint(URLPattern):
    """Django makes a match for every request; that of the endpoint is always the
    same."""

    @cached_property
    def match(self) -> ResolverMatch | None:
        return super().resolve("")

    def resolve(self, path: str) -> ResolverMatch | None:
        return None if path else self.match


app_name = "wsrouter"
urlpatterns = [
    _Endpoint(
        RoutePattern("", name="endpoint", is_endpoint=True),
        view.endpoint,
        name="endpoint",
    ),
    path("ticket/", ticket_view.ticket, name="ticket"),
    path("asyncapi.json", asyncapi_view.asyncapi, name="asyncapi"),
    path("<str:alias>/asyncapi.json", asyncapi_view.asyncapi, name="asyncapi"),
    path("test-event/", console_event_view.send_event, name="test-event"),
    path("<str:alias>/test-event/", console_event_view.send_event, name="test-event"),
    path("docs/", console_view.console, name="console"),
    path("docs/<str:alias>/", console_view.console, name="console"),
]
