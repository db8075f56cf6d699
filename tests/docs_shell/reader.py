"""Somebody who follows a page from its text alone: writes its files, types its commands
into terminals, and compares what they print with what the page shows."""

import re
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.docs_pages.blocks import BLOCK, Block
from tests.docs_pages.manage_commands import assert_shown
from tests.docs_shell.terminal import Terminal, terminal
from tests.e2e.ws_local_stack import eventually, listens
from tests.ports import free_port

FILE = re.compile(r"`(\w+/[\w/]+\.py)`")
SERVER = "python manage.py ws_local"
CLIENT = "python -m websockets ws://127.0.0.1:8001/production"
SESSION = re.compile(r"^\$ (.+)\n", re.M)


def steps(text: str) -> Iterator[tuple[str, Block]]:
    """The blocks that are run, each after the words since the block before."""
    end = 0
    for match in BLOCK.finditer(text):
        words, end = text[end : match.start()], match.end()
        if not match["reason"]:
            text_of = textwrap.dedent(match["text"])
            yield words, Block(match["language"], text_of, "")


class Reader:
    """Has a folder, terminals in it, and ports of its own for `ws_local`."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], leaving: ExitStack
    ) -> None:
        self.folder, self._environment, self._leaving = folder, environment, leaving
        self._file = ""
        self._ports = {"8001": str(free_port()), "8000": str(free_port())}
        self.current = self.open_terminal()

    def open_terminal(self) -> Terminal:
        """A new one, in the virtual environment if there is one already."""
        opened = self._leaving.enter_context(terminal(self.folder, self._environment))
        if (self.folder / "venv").exists():
            opened.run(". venv/bin/activate")
        return opened

    def follow(self, text: str) -> None:
        for words, block in steps(text):
            if block.language == "python":
                self._python(words, block)
            elif block.language == "console":
                self._console(block)

    def _python(self, words: str, block: Block) -> None:
        """For the file that the words name, or the one before. Settings are added to
        those of `startproject`; any other file is all that it has."""
        if "manage.py shell" in words:
            self.shell(block.text)
            return
        self._file = (FILE.findall(words) or [self._file])[-1]
        path = self.folder / self._file
        before = path.read_text() if path.name == "settings.py" else ""
        path.write_text(before + "\n" + block.text)

    def shell(self, code: str) -> None:
        self.command(f"python manage.py shell <<'END'\n{code}END")

    def _console(self, block: Block) -> None:
        if block.text.startswith("> "):
            self._talk(CLIENT, block.text)
            return
        if not SESSION.search(block.text):
            for line in block.text.replace("\\\n", " ").splitlines():
                self.command(line)
            return
        parts = SESSION.split(block.text)
        for command, shown in zip(parts[1::2], parts[2::2], strict=True):
            if "\n> " in f"\n{shown}":
                self._talk(command, shown)
            else:
                assert_shown(shown, self.command(command, codes=(0, 2)))

    def command(self, line: str, *, codes: tuple[int, ...] = (0,)) -> str:
        """Type a command, and wait for its end. A server stays up, and the reader goes
        on in another terminal."""
        line = self._here(line)
        if line == SERVER:
            port, django_port = self._ports.values()
            ports = f"--port {port} --django-port {django_port}"
            self.current.type(f"{line} {ports}")
            self.current = self.open_terminal()
            eventually(lambda: listens(int(port)) and listens(int(django_port)))
            return ""
        code, printed = self.current.run(line)
        assert code in codes, f"{line}\nends with {code}:\n{printed}"
        return printed

    def _talk(self, command: str, shown: str, attempts: int = 4) -> None:
        """Type what follows `> `, and see what follows `< `: once more where Django has
        not yet noticed that a file is another."""
        window = self.connected(command)
        try:
            for line in shown.splitlines():
                if line.startswith("> "):
                    window.type(line[2:])
                else:
                    window.read_until(line, seconds=20)
        except AssertionError:
            if attempts == 1:
                raise
            self._talk(command, shown, attempts - 1)

    def connected(self, command: str = CLIENT) -> Terminal:
        """One more terminal with an open socket, as soon as Django lets it in."""
        window: Terminal = eventually(partial(self._try_to_connect, command))
        return window

    def _try_to_connect(self, command: str) -> Terminal | None:
        window = self.open_terminal()
        window.type(self._here(command))
        is_open = "Connected to" in window.read_until("onnect")
        return window if is_open else None

    @property
    def url(self) -> str:
        """Where clients connect."""
        return self._here(CLIENT.rpartition(" ")[2])

    def _here(self, command: str) -> str:
        """With the ports of this reader: those of the page may be taken."""
        for written, ours in self._ports.items():
            command = command.replace(f"127.0.0.1:{written}", f"127.0.0.1:{ours}")
        return command
