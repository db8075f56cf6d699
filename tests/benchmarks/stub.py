"""A `@connections` endpoint that takes every post, as a process of its own.

    python -m tests.benchmarks.stub --delay 0.02 --certificate FOLDER

prints its port when it listens; with a certificate it speaks HTTPS.
"""

import argparse
import asyncio
import ssl
import subprocess
from pathlib import Path

ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 0\r\n"
    b"x-amzn-requestid: 3ab3a4b5-6d2e-4f3c-9a57-4a4f9f6f9d11\r\n"
    b"x-amz-apigw-id: PaW1ZFnVjoEFk5Q=\r\ndate: Sun, 22 Nov 2026 19:00:00 GMT\r\n\r\n"
)


class Stub(asyncio.Protocol):
    """One client's connection; requests come whole or in pieces."""

    delay = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.waiting = b""

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while (size := _size(self.waiting)) is not None:
            self.waiting = self.waiting[size:]
            loop = asyncio.get_running_loop()
            loop.call_later(self.delay, self.answer)

    def answer(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(ANSWER)  # type: ignore[attr-defined]


def _size(received: bytes) -> int | None:
    """Of the first request, or None when it is not there yet."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = received[:end].lower()
    at = head.find(b"content-length:")
    length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    size = end + 4 + length
    return size if len(received) >= size else None


def certificate(folder: Path) -> Path:
    """A certificate for this machine, and its key in the same file."""
    path = folder / "stub.pem"
    if not path.exists():
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes"),
                *("-keyout", folder / "key.pem", "-out", folder / "cert.pem"),
                *("-days", "30", "-subj", "/CN=localhost"),
                *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            ],
            check=True,
            capture_output=True,
        )
        both = (folder / "cert.pem").read_text() + (folder / "key.pem").read_text()
        path.write_text(both)
    return path


async def _serve(context: ssl.SSLContext | None) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Stub, "127.0.0.1", 0, ssl=context, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--certificate", type=Path)
    options = parser.parse_args()
    Stub.delay, context = options.delay, None
    if options.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate(options.certificate))
    asyncio.run(_serve(context))


if __name__ == "__main__":
    main()
