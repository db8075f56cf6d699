"""Settings of the Django project that the servers run: no middleware, and a database
that many threads may write to, as the rival's message does."""

from tests.benchmarks.site.settings import *  # noqa: F403
from tests.benchmarks.site.settings import DATABASES

MIDDLEWARE: list[str] = []
DATABASES["default"]["OPTIONS"] = {
    "timeout": 60,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF",
}
