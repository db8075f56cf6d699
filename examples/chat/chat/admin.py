"""Rooms are made, and their members are chosen, in the admin."""

from django.contrib import admin

from chat.models import Room


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin):
    filter_horizontal = ("members",)
