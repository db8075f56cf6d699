"""The endpoint."""

from django.urls import include, path

urlpatterns = [path("ws/", include("wsrouter.urls"))]
