"""The WebSocket endpoint with its tickets, a page, and an API with tokens."""

from accounts import views
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

login = LoginView.as_view(template_name="accounts/login.html")

urlpatterns = [
    path("", views.page, name="page"),
    path("login/", login, name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("session/", views.session, name="session"),
    path("api/token/", views.token, name="token"),
    path("api/ticket/", views.ticket, name="ticket"),
    path("ws/", include("wsrouter.urls")),
]
