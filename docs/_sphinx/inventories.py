"""Writes docs/_inventories: where the names of others that we use are described.

Whole inventories have thousands of names and change every week. These have the few that
our signatures name. When the table has changed, run
`python docs/_sphinx/inventories.py`.
"""

import zlib
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "_inventories"
URLS = {
    "boto3": "https://docs.aws.amazon.com/boto3/latest/",
    "django": "https://docs.djangoproject.com/en/stable/",
    "pydantic": "https://docs.pydantic.dev/latest/",
    "python": "https://docs.python.org/3/",
}
# Name, its role, and its place below the URL; `$` stands for the name. A name that a
# library describes elsewhere than where it defines it has the place of its description.
NAMES = {
    "boto3": """
        boto3.session.Session py:class reference/core/session.html#$
    """,
    "django": """
        django.contrib.auth.models.AbstractBaseUser py:class topics/auth/customizing/#$
        django.contrib.auth.models.AnonymousUser py:class ref/contrib/auth/#$
        django.db.models.Model py:class ref/models/instances/#$
        django.db.models.QuerySet py:class ref/models/querysets/#$
        django.dispatch.Signal py:class topics/signals/#$
        django.http.HttpRequest py:class ref/request-response/#$
        django.http.request.HttpRequest py:class ref/request-response/#django.http.HttpRequest
    """,  # noqa: E501
    "pydantic": """
        pydantic.BaseModel py:class api/base_model/#$
        pydantic.main.BaseModel py:class api/base_model/#pydantic.BaseModel
    """,
    "python": """
        collections.abc.AsyncIterator py:class library/collections.abc.html#$
        collections.abc.Awaitable py:class library/collections.abc.html#$
        collections.abc.Callable py:class library/collections.abc.html#$
        collections.abc.Collection py:class library/collections.abc.html#$
        collections.abc.Coroutine py:class library/collections.abc.html#$
        collections.abc.Iterable py:class library/collections.abc.html#$
        collections.abc.Iterator py:class library/collections.abc.html#$
        collections.abc.Mapping py:class library/collections.abc.html#$
        collections.abc.Sequence py:class library/collections.abc.html#$
        concurrent.futures._base.Executor py:class library/concurrent.futures.html#concurrent.futures.Executor
        contextlib.ExitStack py:class library/contextlib.html#$
        datetime.datetime py:class library/datetime.html#$
        enum.Enum py:class library/enum.html#$
        enum.StrEnum py:class library/enum.html#$
    """,  # noqa: E501
}
HEAD = """\
# Sphinx inventory version 2
# Project: {name}
# Version:
# The remainder of this file is compressed using zlib.
"""


def inventory(name: str) -> bytes:
    """As sphinx.ext.intersphinx reads it."""
    rows = [line.split() for line in NAMES[name].strip().splitlines()]
    body = "".join(f"{path} {role} 1 {place} -\n" for path, role, place in rows)
    return HEAD.format(name=name).encode() + zlib.compress(body.encode(), 9)


def mapping() -> dict[str, tuple[str, str]]:
    """For `intersphinx_mapping`."""
    return {name: (url, str(FOLDER / f"{name}.inv")) for name, url in URLS.items()}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in NAMES:
        (FOLDER / f"{name}.inv").write_bytes(inventory(name))
