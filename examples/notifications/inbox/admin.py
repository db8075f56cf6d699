"""In the admin: notify selected users with an action, or add a notification."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from inbox.models import Notification
from inbox.ws import notify, push


@admin.register(Notification)
class NotificationAdmin(admin.ModelAdmin):
    list_display = ("text", "user", "read", "created_at")
    list_filter = ("read",)

    def save_model(
        self, request: HttpRequest, obj: Notification, form: Any, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            push(obj)


class NotificationForm(forms.Form):
    text = forms.CharField(max_length=200, widget=admin.widgets.AdminTextInputWidget)


admin.site.unregister(User)


@admin.register(User)
class NotifiableUserAdmin(UserAdmin):
    actions = ("send_notification",)

    def has_notify_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("inbox.add_notification")

    @admin.action(description="Send a notification", permissions=["notify"])
    def send_notification(
        self, request: HttpRequest, users: QuerySet[User]
    ) -> HttpResponse | None:
        """Show a form for the text first; send it when the form is valid."""
        form = NotificationForm(request.POST if "send" in request.POST else None)
        if not form.is_valid():
            shown = {
                **self.admin_site.each_context(request),
                "title": "Send a notification",
                "opts": self.opts,
                "form": form,
                "users": users,
                "checkbox": admin.helpers.ACTION_CHECKBOX_NAME,
            }
            return render(request, "inbox/send_notification.html", shown)
        for user in users:
            notify(user, form.cleaned_data["text"])
        self.message_user(request, f"Sent to {len(users)}.")
        return None
