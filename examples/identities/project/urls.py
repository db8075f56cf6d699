"""The WebSocket endpoint with its tickets, and an API with tokens."""

from accounts import views
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

urlpatterns = [
    path("login/", LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("api/token/", views.token, name="token"),
    path("api/ticket/", views.ticket, name="ticket"),
    path("ws/", include("wsrouter.urls")),
]
