"""`path("ws/", include("wsrouter.urls"))`: the endpoint, and `ticket/` below it."""

from django.urls import path

from wsrouter import ticket_view, views

app_name = "wsrouter"
urlpatterns = [
    path("", views.endpoint, name="endpoint"),
    path("ticket/", ticket_view.ticket, name="ticket"),
]
