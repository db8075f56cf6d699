"""URLs of the test project: the endpoint and the admin."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("ws/", include("wsrouter.urls")),
    path("admin/", admin.site.urls),
]
