"""The chat of examples/chat in processes of its own."""

from pathlib import Path

from tests.examples.notifications import Notifications

PROJECT = Path(__file__).parents[2] / "examples" / "chat"

PREPARE = """
from demo import add_data, call_command
call_command("migrate", verbosity=0)
add_data()
"""


class Chat(Notifications):
    """The site with the users and rooms of its demo, and `ws_local` in front of it."""

    def __init__(self, folder: Path, project: Path = PROJECT) -> None:
        super().__init__(folder, project)

    def prepare(self) -> None:
        """Make the database, in one process."""
        self.shell(PREPARE)
