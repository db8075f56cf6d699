"""The apps of docs/howto/streams.md, in a project that is made of the page's blocks."""

import re
from pathlib import Path

from tests.examples.notifications import Notifications

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "howto" / "streams.md"
NAMED = re.compile(
    r"^```\w+\n(?:# |// |<!-- )(\w+/[\w/.]+)(?: -->)?\n(.*?)^```$", re.M | re.S
)
SETTINGS = """
SECRET_KEY = "a key for tests"
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = [
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.staticfiles", "wsrouter", "chat", "notes", "board",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
}]
ROOT_URLCONF = "urls"
STATIC_URL = "static/"
DATABASES = {"default": {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": "db.sqlite3",
    "OPTIONS": {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    },
}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
WSROUTER = {"default": {
    "API_NAME": "recipes", "ENDPOINT": "https://www.example.com/ws/",
    "SECRET": "0123456789abcdef0123456789abcdef0123456789abcdef",
    "REGION": "eu-west-1",
}}
"""
URLS = """
from board.views import board
from chat.views import room
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import include, path


def enter(request, name):
    login(request, User.objects.get(username=name))
    return HttpResponse(name)


urlpatterns = [
    path("ws/", include("wsrouter.urls")),
    path("enter/<name>/", enter),
    path("chat/<slug:name>/", room),
    path("board/", board),
    path("notes/", lambda request: render(request, "notes.html")),
]
"""
NOTES = """{% load static wsrouter %}{% csrf_token %}<textarea></textarea>
<script type="module">
import { connect } from "{% static 'wsrouter/client.js' %}";
import { openNote } from "{% static 'notes/note.js' %}";
const connection = connect("{% ws_url %}", { ticket: "{% url 'wsrouter:ticket' %}" });
window.seen = [];
window.note = openNote(connection, 1, ({ text, version }) => {
  seen.push(version);
  document.querySelector("textarea").value = text;
});
</script>"""
MANAGE = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
DATA = """
from django.contrib.auth.models import User
from board.models import Tile
from chat.models import Room
from notes.models import Note
tea = Room.objects.create(name="tea")
tea.members.set([User.objects.create_user(name) for name in ("ada", "bob")])
Tile.objects.create(name="orders", value=1)
Note.objects.create(pk=1, text="First")
"""


class RecipesSite(Notifications):
    """The project, `ws_local` in front of it, and their database."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, folder)

    def prepare(self) -> None:
        """Write the files of the project, and give it its data."""
        files = dict(NAMED.findall(PAGE.read_text()))
        apps = {name.partition("/")[0] for name in files}
        files |= {"settings.py": SETTINGS, "urls.py": URLS, "manage.py": MANAGE}
        files |= {f"{app}/__init__.py": "" for app in apps}
        files |= {f"{app}/migrations/__init__.py": "" for app in apps}
        files["notes/templates/notes.html"] = NOTES
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.manage("makemigrations", "--verbosity", "0")
        self.manage("migrate", "--verbosity", "0")
        self.shell(DATA)
