"""The WebSocket endpoint, the pages, login and the admin."""

from chat import views
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

urlpatterns = [
    path("", views.rooms, name="rooms"),
    path("rooms/<slug:name>/", views.room, name="room"),
    path("login/", LoginView.as_view(template_name="chat/login.html"), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("ws/", include("wsrouter.urls")),
]
