"""Runs the dashboard until Ctrl-C: Django behind a local API Gateway, a Celery worker,
and a page at another origin."""

import argparse
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

from page_server import page_server

HERE = Path(__file__).resolve().parent
USER = """
from django.contrib.auth.models import User
from django.core.management import call_command
call_command("migrate", verbosity=0)
user, _ = User.objects.get_or_create(username="demo")
user.set_password("demo")
user.save()
"""
SAID = """
A Celery worker measures five turbines each second, and a page shows it.
Open {page}/ and log in as demo, with the password demo. The page is at
another origin than Django. What the worker, the local API Gateway and Django print
follows. Ctrl-C ends them.
"""


def main() -> None:
    ports = parsed()
    page, queue = f"http://localhost:{ports.page_port}", prepared_queue()
    os.environ["EXAMPLE_PAGE_ORIGIN"] = page
    # The worker is no part of ws_local, so it is told where the sockets are.
    endpoint = f"http://127.0.0.1:{ports.port}/production"
    os.environ["WSROUTER_MANAGEMENT_ENDPOINT"] = endpoint
    subprocess.run(manage("shell", "-v", "0", "-c", USER), cwd=HERE, check=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C
    with ExitStack() as running:
        server = page_server(ports.page_port, f"http://127.0.0.1:{ports.django_port}")
        Thread(target=server.serve_forever, daemon=True).start()
        print(SAID.format(page=page), flush=True)
        start(running, worker(queue))
        places = ["--port", str(ports.port), "--django-port", str(ports.django_port)]
        gateway = start(running, manage("ws_local", *places))
        try:
            gateway.wait()
        except KeyboardInterrupt:
            return


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8001, help="of the WebSockets")
    parser.add_argument("--django-port", type=int, default=8000)
    parser.add_argument("--page-port", type=int, default=8080)
    return parser.parse_args()


def prepared_queue() -> Path:
    """Where the worker finds its tasks, if no CELERY_BROKER_URL says otherwise."""
    queue = Path(os.environ.setdefault("EXAMPLE_QUEUE", str(HERE / "queue")))
    for name in ("tasks", "control"):
        (queue / name).mkdir(parents=True, exist_ok=True)
    return queue


def manage(*arguments: str) -> list[str]:
    return [sys.executable, "manage.py", *arguments]


def worker(queue: Path) -> list[str]:
    """One process, with the clock that starts the task each second."""
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "project", "worker"]
    beat = ["--beat", "--schedule", str(queue / "schedule")]
    return [*celery, *beat, "--pool", "solo", "--loglevel", "ERROR"]


def start(running: ExitStack, command: list[str]) -> "subprocess.Popen[bytes]":
    """A process that is ended with the demo."""
    process = subprocess.Popen(command, cwd=HERE)
    running.callback(process.wait, 15)
    running.callback(process.terminate)
    return process


if __name__ == "__main__":
    main()
