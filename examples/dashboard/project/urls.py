"""The WebSocket endpoint, and an API for the page. The page itself is elsewhere."""

from django.urls import include, path
from farm import views

urlpatterns = [
    path("api/token/", views.token),
    path("api/ticket/", views.ticket),
    path("ws/", include("wsrouter.urls")),
]
