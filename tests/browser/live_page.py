"""A page that shows what its socket brings."""

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

from wsrouter import Router

router = Router()
told = router.event("told", str)
PAGE = """{% load static wsrouter %}<!doctype html><title>Live</title>
<link rel="icon" href="data:,">
<p id="state">Waiting</p><ul></ul>
<script type="module">
import { connect } from "{% static 'wsrouter/client.js' %}";
const connection = connect("{% ws_url %}");
connection.on("told", (text) => {
  const item = document.createElement("li");
  item.textContent = text;
  document.querySelector("ul").append(item);
});
const answer = await connection.call("name", null, { queue: true });
document.getElementById("state").textContent = `Connected as ${answer}`;
</script>"""


@router.route("name")
def name() -> str:
    return "somebody"


def page(request: HttpRequest) -> HttpResponse:
    template = engines["django"].from_string(PAGE)
    return HttpResponse(template.render({}, request))


urlpatterns = [path("", page), path("ws/", include("wsrouter.urls"))]
