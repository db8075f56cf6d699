"""The application whose state is published."""

from django.apps import AppConfig


class Site(AppConfig):
    name = "tests.faults.site"
    label = "faults"
