"""The WebSocket endpoint, a page, login and the admin."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView
from inbox import views

login = LoginView.as_view(
    template_name="inbox/login.html", extra_context={"hint": settings.LOGIN_HINT}
)
urlpatterns = [
    path("", views.page, name="page"),
    path("notify/", views.notify_me, name="notify"),
    path("login/", login, name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("favicon.ico", RedirectView.as_view(url=static("inbox/icon.svg"))),
    path("ws/", include("wsrouter.urls")),
]
