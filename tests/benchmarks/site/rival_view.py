"""The rival's view with one handler."""

from django.http import JsonResponse
from django_aws_api_gateway_websockets.views import WebSocketView


class Rival(WebSocketView):
    def watch(self, request, *args, **kwargs):
        payload = {
            "order_id": self.body["payload"]["order_id"],
            "status": request.user.username,
        }
        return JsonResponse(
            {"type": "reply", "id": self.body["id"], "payload": payload}
        )
