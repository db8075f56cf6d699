"""The endpoint, and the views that the tests use."""

from django.urls import include, path

from room import views

urlpatterns = [
    path("ws/", include("wsrouter.urls")),
    path("enter/<slug:name>/", views.enter),
    path("announce/<slug:text>/", views.announce),
    path("change/<slug:name>/<slug:text>/", views.change),
    path("open/", views.open_connections),
    path("process/", views.process),
    path("beside/", views.beside),
]
