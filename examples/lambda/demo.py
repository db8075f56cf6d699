"""Runs the notifications example on AWS Lambda in an emulator, with a client in front.

`--once` stops after the transcript; the exit status is 0 only if every step held.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "notifications"))
from tour import STEPS, StepFailed, Tour, connect_without_login  # noqa: E402
from websockets.exceptions import InvalidStatus  # noqa: E402
from websockets.sync.client import connect  # noqa: E402

LOG = HERE / "demo.log"
AWS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
READY_SECONDS = 60


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--once", action="store_true", help="stop after the transcript")
    parser.add_argument("--port", type=int, default=4566, help="of the emulator")
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder:
            return show(Path(folder), arguments.port, once=arguments.once)
    except (StepFailed, subprocess.CalledProcessError) as error:
        print(f"\nThe demo stopped: {error}", file=sys.stderr)
        print(f"The output of the emulator is in {LOG}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def show(folder: Path, port: int, *, once: bool) -> int:
    print("\n== The function, and ws_sync, in an emulator (MiniStack)", flush=True)
    with emulator(folder, port) as url:
        places = deployed(url, folder / "db.sqlite3")
        print("\n== A client that knows only the URLs")
        tour = Tour(places["site"], places["socket"])
        others = [step for step in STEPS if step is not connect_without_login]
        tour.run([refuse_without_login, *others, publish_news])
        print("\nEvery step held.")
        if not once:
            print(f"\nThe page is {places['site']}/ (demo, password demo).")
            print("Ctrl-C ends it.", flush=True)
            signal.pause()
    return 0


def refuse_without_login(tour: Tour) -> None:
    """Without a login the handshake is refused (the emulator says 403 for our 401)."""
    try:
        with connect(tour.socket_url):
            pass
    except InvalidStatus as refused:
        print(f"   <- HTTP {refused.response.status_code}")
    else:
        raise StepFailed("A client without a login was accepted.")


def publish_news(tour: Tour) -> None:
    """A message to a group. On Lambda the event comes before the reply."""
    tour.send({"action": "news.publish", "id": "9", "payload": {"text": "Tea"}})
    tour.expect(type="news.published", payload={"text": "Tea"})
    tour.expect(type="reply", id="9")


def deployed(url: str, database: Path) -> dict[str, str]:
    command = [sys.executable, "deploy.py", "--endpoint-url", url]
    done = subprocess.run(
        [*command, "--database", str(database)],
        cwd=HERE,
        env=os.environ | AWS,
        stdout=subprocess.PIPE,
        check=True,
    )
    places: dict[str, str] = json.loads(done.stdout)
    return places


@contextmanager
def emulator(folder: Path, port: int) -> Iterator[str]:
    """MiniStack, which runs Python functions with this Python; no Docker is needed."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise StepFailed(f"port {port} is taken; --port takes another one.") from error
    url = f"http://127.0.0.1:{port}"
    settings = {
        **AWS,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SERVICES": "apigateway,lambda",
        "SFTP_ENABLED": "0",
        "TMPDIR": str(folder),
    }
    with LOG.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            env=os.environ | settings,
            stdout=output,
            stderr=output,
        )
    try:
        wait_for(f"{url}/_ministack/health", process)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(READY_SECONDS * 10):
        if server.poll() is not None:
            raise StepFailed(f"the emulator ended with status {server.returncode}.")
        try:
            urlopen(url, timeout=5).close()
        except URLError:
            time.sleep(0.1)
        else:
            return
    raise StepFailed(f"{url} does not answer.")


if __name__ == "__main__":
    sys.exit(main())
