"""Serves the page at an origin of its own, with the address of Django's API."""

import json
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import wsrouter

PAGE = Path(__file__).resolve().parent / "page"
CLIENT = Path(wsrouter.__file__).parent / "static" / "wsrouter"


class Handler(SimpleHTTPRequestHandler):
    """`client.js` is what `npm install django-wsrouter` brings elsewhere."""

    def __init__(self, *arguments: object, api: str) -> None:
        self._config = json.dumps({"api": api}).encode()
        super().__init__(*arguments, directory=PAGE)  # type: ignore[arg-type]

    def translate_path(self, path: str) -> str:
        if urlsplit(path).path == "/wsrouter/client.js":
            return str(CLIENT / "client.js")
        return super().translate_path(path)

    def do_GET(self) -> None:
        if self.path != "/config.json":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(self._config)
        return None

    def log_message(self, *_: object) -> None:
        """The demo is quiet."""


def page_server(port: int, api: str) -> ThreadingHTTPServer:
    return ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, api=api))
