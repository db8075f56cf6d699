"""A model that is the user's by another name."""

from django.contrib.auth.models import User


class Person(User):
    class Meta:
        proxy = True
