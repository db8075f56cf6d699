"""Everything at once, while everything fails: `python -m tests.chaos --minutes 10`.

500 pages call, follow halls and groups, and get events that are kept and events that
Celery's workers send, behind `ws_local --strict`. Django, the workers, PostgreSQL,
Redis, RabbitMQ, the gateway and the reaper are killed, stopped and slowed. Then all is
healed, and judges compare what each page was told with what was committed.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from tests.chaos.instances import Instances
from tests.ports import free_port

DELETE_SECONDS = 60


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s chaos --")
    parser.add_argument("--minutes", type=float, default=3.0, help="of faults and calm")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--report", type=Path, help="where to write it, in Markdown")
    parser.add_argument("--only", default="", help="kinds to strike: celery,redis")
    parser.add_argument("--broken", default="", help="see tests/chaos/site/broken.py")
    return parser.parse_args()


def main() -> int:
    chosen = arguments()
    signal.signal(signal.SIGTERM, _interrupt)
    with ExitStack() as stack:
        folder = stack.enter_context(kept_where_it_fails(f"chaos-{chosen.seed}-"))
        data = Path(tempfile.mkdtemp(prefix="chaos-data-"))
        stack.callback(delete, data)
        instances = stack.enter_context(Instances(data, folder).running())
        ports = free_port(), free_port()
        os.environ |= instances.variables | environment(chosen.broken, *ports)
        from tests.chaos.prepared import prepare

        prepare()
        from tests.chaos.run import Run

        run = Run(chosen, folder, instances, *ports)
        stack.callback(run.end)
        is_good = run.run()
        if is_good:
            shutil.rmtree(folder)
    return 0 if is_good else 1


def delete(folder: Path) -> None:
    """Processes of a server that was killed may still write there for a moment."""
    end = time.monotonic() + DELETE_SECONDS
    while folder.exists() and time.monotonic() < end:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.1)


def environment(broken: str, gateway_port: int, django_port: int) -> dict[str, str]:
    return {
        "WSROUTER_TEST_DATABASE": "postgresql",
        "DJANGO_SETTINGS_MODULE": "tests.chaos.site.settings",
        "FAULTS_DATABASE": "chaos",
        "FAULTS_SITE": f"http://127.0.0.1:{django_port}",
        "FAULTS_GATEWAY": f"http://127.0.0.1:{gateway_port}/production",
        "FAULTS_AT_ONCE": "6",
        "FAULTS_PATIENCE": "60",
        "CHAOS_BROKEN": broken,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def kept_where_it_fails(prefix: str) -> Iterator[Path]:
    """A folder for logs, which a run deletes that has found nothing."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o755)
    print(f"logs: {folder}", flush=True)  # noqa: T201
    yield folder


def _interrupt(*_: "int | FrameType | None") -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
