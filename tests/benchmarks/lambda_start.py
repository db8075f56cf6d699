"""What a new instance of an AWS Lambda function does before and in its first message.

    python -m tests.benchmarks.lambda_start

Fresh interpreters take turns; medians go to results/lambda_start.json, in milliseconds
of processor time.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from statistics import median

RESULTS = Path(__file__).parent / "results"
ROUNDS = 15
EVENT = {
    "requestContext": {
        "eventType": "MESSAGE",
        "routeKey": "$default",
        "connectionId": "HJ1_Zv-00000001=",
        "apiId": "abc123defg",
        "stage": "production",
    },
    "body": '{"action": "double", "id": 1, "payload": 4}',
    "isBase64Encoded": False,
}
PROGRAM = """
import json, sys, time
from types import ModuleType
from django.conf import settings
apps = ["auth", "contenttypes", "sessions"]
settings.configure(
    INSTALLED_APPS=["django.contrib." + each for each in apps] + ["wsrouter"],
    SECRET_KEY="x", ALLOWED_HOSTS=["www.example.com"], ROOT_URLCONF="made_urls",
    WSROUTER={"default": {"API_ID": "abc123defg", "ROUTER": "made_routes.router"}},
)
urls, routes = ModuleType("made_urls"), ModuleType("made_routes")
sys.modules |= {"made_urls": urls, "made_routes": routes}
start = time.process_time()
import django
django.setup()
told = {"Django": time.process_time() - start}
start = time.process_time()
from django.urls import include, path
urls.urlpatterns = [path("ws/", include("wsrouter.urls"))]
from wsrouter import Router, awslambda
routes.router = Router()
def double(payload: int) -> int:
    return payload * 2
routes.router.route("double")(double)
told["import wsrouter.awslambda"] = time.process_time() - start
for name in ("first message", "second message"):
    start = time.process_time()
    answer = awslambda.handler(json.loads(sys.argv[1]), None)
    assert json.loads(answer["body"])["payload"] == 8, answer
    told[name] = time.process_time() - start
print(json.dumps(told))
"""


def once() -> dict[str, float]:
    command = [sys.executable, "-c", PROGRAM, json.dumps(EVENT)]
    found: dict[str, float] = json.loads(subprocess.check_output(command, text=True))
    return found


def main() -> None:
    rounds = [once() for _ in range(ROUNDS)]
    result = {
        "rounds": ROUNDS,
        "load": round(os.getloadavg()[0], 1),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "cpu_ms": {
            name: round(median(one[name] for one in rounds) * 1000, 1)
            for name in rounds[0]
        },
    }
    text = json.dumps(result, indent=2)
    (RESULTS / "lambda_start.json").write_text(text + "\n")
    print(text)  # noqa: T201


if __name__ == "__main__":
    main()
