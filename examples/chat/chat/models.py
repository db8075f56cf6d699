"""Rooms, and what was said in them."""

from django.conf import settings
from django.db import models


class Room(models.Model):
    name = models.SlugField(unique=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="rooms")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Line(models.Model):
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="lines")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    text = models.CharField(max_length=500)
    written_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.text
