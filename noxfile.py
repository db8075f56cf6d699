"""Every job of the repository, each in its own virtual environment."""

import shutil
import tarfile
from itertools import chain
from pathlib import Path
from zipfile import ZipFile

import nox
from packaging.requirements import Requirement

nox.needs_version = ">=2025.5.1"
# uv, which comes with nox[uv], makes an environment in seconds; pip needs minutes.
nox.options.default_venv_backend = "uv|venv"
nox.options.reuse_venv = "yes"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = True
nox.options.sessions = ["lint", "types", "tests"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
PROJECT = PYPROJECT["project"]
PYTHONS = nox.project.python_versions({"project": PROJECT})
DJANGOS = [
    classifier.rpartition(" ")[2]
    for classifier in PROJECT["classifiers"]
    if classifier.startswith("Framework :: Django :: ")
]
OPTIONAL = PROJECT["optional-dependencies"]
DEV = {Requirement(line).name: line for line in OPTIONAL["dev"]}
NOT_FOR_TESTS = {
    "boto3-stubs",
    "django-stubs",
    "django-wsrouter",
    "import-linter",
    "mypy",
    "pyright",
    "ruff",
}
TESTERS = [line for name, line in DEV.items() if name not in NOT_FOR_TESTS]
EXTRAS = {name: lines for name, lines in OPTIONAL.items() if name != "dev"}
LOWEST = [
    line.replace(">=", "==")
    for line in chain(PROJECT["dependencies"], *EXTRAS.values())
]
PEER = "django-aws-api-gateway-websockets==4.1.0"
"""It needs boto3 and Django alone, but a newer Django 5.2 than `lowest` has."""
A_PROJECT = """
import django
from django.conf import settings
from django.core.management import call_command

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "wsrouter",
    ],
    ROOT_URLCONF="wsrouter.urls",
)
django.setup()
"""
WITHOUT_EXTRAS = f"""{A_PROJECT}
call_command("migrate", verbosity=0)
call_command("check")
"""
MISSING_MIGRATIONS = f"""{A_PROJECT}
call_command("makemigrations", "wsrouter", "--check", "--dry-run")
"""
# What the demo of each example needs.
DEMOS = {
    "notifications": [".[local]", "ministack>=1.4"],
    "chat": [".[local]"],
    "dashboard": [".[celery,local]"],
}
# Browsers, other clients, AWS's emulators and loads see the same on every version:
# `tests` runs those once.
ONCE = (
    "aws/test_many_posts.py",
    "aws/test_many_sockets.py",
    "benchmarks",
    "browser",
    "clients",
    "e2e/test_lambda.py",
    "docs_pages",
    "e2e/test_switch_values.py",
    "examples/test_lambda.py",
    "javascript",
    "local/test_bursts.py",
    "local/test_thousand_sockets.py",
    "pictures",
    "sync/test_any_state.py",
    "sync/test_interruption.py",
    "sync/test_lambda.py",
    "test_adding_routes_page.py",
    "testing/test_pytest_plugin.py",
    "truth",
)
WITHOUT_ONCE = [f"--ignore=tests/{name}" for name in ONCE]
# Every part of the package, and few of the slow tests.
OF_THE_WHEEL = [
    f"tests/{name}"
    for name in (
        "admin",
        "aws",
        "django",
        "e2e/test_ws_local.py",
        "examples",
        "routing",
        "catalog",
        "options",
        "sync/test_ws_sync_command.py",
        "test_package.py",
        "testing",
        "wire",
    )
]
# Most tests wait for a process, a socket or a time-out; files keep what they share.
# In the order of names, since a file with one long test must not come last.
IN_PARALLEL = ["-n", "6", "--dist", "loadfile", "--no-loadscope-reorder"]


def on_databases() -> list[str]:
    """pytest's arguments for the tests marked `database`, with the files that have
    some: to collect the others takes long."""
    files = sorted(
        str(path)
        for path in Path("tests").rglob("test_*.py")
        if "node_modules" not in path.parts and "mark.database" in path.read_text()
    )
    return ["-m", "database", *files, *IN_PARALLEL]


def possible(python: str, django: str) -> bool:
    """Django 6 needs Python 3.12."""
    return django.startswith("5.") or python != "3.11"


PAIRS = [
    nox.param(python, django, id=f"{python}-{django}")
    for python in PYTHONS
    for django in DJANGOS
    if possible(python, django)
]


@nox.session
def lint(session: nox.Session) -> None:
    """Check the style, the format, the import contracts, that no migration is missing,
    and the dependencies for known vulnerabilities. The rules of bandit are ruff's `S`.
    With WSROUTER_REQUIRE_AUDIT a dependency that cannot be looked up is an error."""
    session.install("-e", ".", DEV["ruff"], DEV["import-linter"], DEV["pip-audit"])
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports")
    session.run("python", "-c", MISSING_MIGRATIONS)
    shipped = chain(PROJECT["dependencies"], *EXTRAS.values())
    session.run("python", ".ci/audit.py", *shipped)


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of the package, and of what its users write."""
    session.install("-e", ".[dev]")
    session.run("mypy")
    session.run("pyright", "--warnings")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests with the interpreter at hand; arguments go to pytest."""
    session.install("-e", ".[dev]")
    run_pytest(session)


@nox.session
@nox.parametrize("python,django", PAIRS)
def matrix(session: nox.Session, django: str) -> None:
    """Run the tests on SQLite, on every pair that the classifiers name; `-- database`
    for the tests marked so alone."""
    session.install("-e", ".[dev]", f"Django=={django}.*")
    arguments = session.posargs or WITHOUT_ONCE + IN_PARALLEL
    if arguments == ["database"]:
        arguments = on_databases()
    session.run("pytest", *arguments, env={"WSROUTER_TEST_DATABASE": "sqlite"})


@nox.session(python=PYTHONS[0])
def lowest(session: nox.Session) -> None:
    """Run the tests with the oldest versions that the dependencies allow."""
    session.install("-e", ".", *LOWEST, *TESTERS)
    chosen = WITHOUT_ONCE + IN_PARALLEL
    session.run("pytest", *(session.posargs or chosen))


@nox.session
def package(session: nox.Session) -> None:
    """Build the distributions; test the wheel where the source tree is not."""
    here = Path(session.create_tmp()).resolve()
    dist, elsewhere, clean = here / "dist", here / "elsewhere", here / "clean"
    for folder in (dist, elsewhere):
        shutil.rmtree(folder, ignore_errors=True)
    session.install("build>=1.2", "twine>=6.1")
    session.run("python", "-m", "build", "--outdir", str(dist))
    session.run("twine", "check", "--strict", *map(str, dist.iterdir()))
    (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    check_contents(session, wheel)

    session.run("python", "-m", "venv", "--clear", str(clean))
    python = str(clean / "bin" / "python")
    session.run(python, "-m", "pip", "install", "-q", str(wheel), external=True)
    session.run(python, "-I", "-c", WITHOUT_EXTRAS, external=True)
    extra = [f"{wheel}[{','.join(EXTRAS)}]", *TESTERS]
    session.run(python, "-m", "pip", "install", "-q", *extra, external=True)
    with tarfile.open(sdist) as packed:
        packed.extractall(elsewhere, filter="data")
    (unpacked,) = elsewhere.iterdir()
    shutil.rmtree(unpacked / "wsrouter")
    session.chdir(unpacked)
    chosen = session.posargs or OF_THE_WHEEL + IN_PARALLEL
    session.run(python, "-m", "pytest", *chosen, external=True)


def check_contents(session: nox.Session, wheel: Path) -> None:
    """All of the package is in it, and nothing else."""
    source = {
        path.as_posix()
        for path in Path("wsrouter").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    packed = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    if source != packed:
        session.error(f"The wheel differs from the source: {source ^ packed}")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site, with warnings as errors; check its links and anchors, look at it
    in a browser, and run what its pages say of other frameworks. It is in
    docs/_build/html."""
    session.install("-e", ".[dev]", *nox.project.dependency_groups(PYPROJECT, "docs"))
    session.install("django-ninja>=1.4", "djangorestframework>=3.16")
    shutil.rmtree("docs/_build", ignore_errors=True)
    build_site(session, "html")
    session.run("pytest", *(session.posargs or ["tests/docs_site"]))


@nox.session
def docs_shell(session: nox.Session) -> None:
    """Follow the quickstart, the page on new routes and the README from their text
    alone, each in an environment that has nothing else. It installs packages."""
    session.install("-e", ".[dev]", "pip")
    session.run("pytest", *(session.posargs or ["tests/docs_shell"]))


@nox.session
def pictures(session: nox.Session) -> None:
    """Draw the diagrams of the documentation, and take its screenshots anew."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "tests.pictures")
    taken = (
        "consoles/test_admin_appearance.py",
        "consoles/test_appearance.py",
        "pages/test_chat_page.py",
    )
    session.run(
        "pytest",
        *("-k", "documentation", *(f"tests/browser/{name}" for name in taken)),
        env={"WSROUTER_SCREENSHOTS": "docs/images"},
    )


@nox.session
def linkcheck(session: nox.Session) -> None:
    """Look up every link of the site that leads out of it. It needs the Internet."""
    session.install("-e", ".[dev]", *nox.project.dependency_groups(PYPROJECT, "docs"))
    build_site(session, "linkcheck")


def build_site(session: nox.Session, builder: str) -> None:
    strict = ("-W", "--keep-going", "-q", "-b", builder)
    session.run("sphinx-build", *strict, "docs", f"docs/_build/{builder}")


@nox.session
def demo(session: nox.Session) -> None:
    """Show an example at work, and stay up: the notifications, `-- chat` or `--
    dashboard`. For the first, `-- --once` stops after the transcript."""
    name, options = "notifications", session.posargs
    if options and options[0] in DEMOS:
        name, *options = options
    session.install("-e", *DEMOS[name])
    session.run(
        "python",
        f"examples/{name}/demo.py",
        *options,
        interrupt_timeout=10,  # it has servers to stop
    )


@nox.session
def examples(session: nox.Session) -> None:
    """Follow the tutorial from an empty folder in a fresh environment, start the demos,
    and check the types of the examples."""
    session.install("-e", ".[dev]", "pip")
    session.run("pytest", *(session.posargs or ["tests/examples/from_nothing"]))


@nox.session
def brokers(session: nox.Session) -> None:
    """Kill workers while they send, and follow a trace through them: Celery's on Redis
    and RabbitMQ, Django's Tasks'."""
    session.install("-e", ".[dev]")
    session.run("pytest", *(session.posargs or ["tests/services"]))


@nox.session
def servers(session: nox.Session) -> None:
    """Run the tests that need real servers, on all of them."""
    others = (
        "daphne>=4.1",
        "gevent>=24.10",
        "granian>=2.8",
        "gunicorn[fast]>=26",
        "pyuwsgi>=2.0.28",
        "waitress>=3",
    )
    session.install("-e", ".[dev]", *others)
    env = {"WSROUTER_REQUIRE_SERVICES": "1", "WSROUTER_TEST_DATABASE": "sqlite"}
    session.run("pytest", *(session.posargs or ["tests/servers"]), env=env)


@nox.session
def moving(session: nox.Session) -> None:
    """Move a project from another library as the page says, and look at its pages in a
    browser after each step."""
    session.install("-e", ".[dev]", PEER)
    env = {"WSROUTER_TEST_DATABASE": "sqlite"}
    session.run("pytest", *(session.posargs or ["tests/moving"]), env=env)


@nox.session
def races(session: nox.Session) -> None:
    """Hundreds of handshakes against every end of a session, on the three databases, on
    two of them at REPEATABLE READ as well; `-- N` for another number of handshakes."""
    handshakes = session.posargs[0] if session.posargs else "200"
    session.install("-e", ".[dev]")
    levels = [("sqlite", "")] + [
        (name, level)
        for name in ("postgresql", "mysql")
        for level in ("", "repeatable read")
    ]
    for name, level in levels:
        chosen = {
            "WSROUTER_RACE_HANDSHAKES": handshakes,
            "WSROUTER_TEST_DATABASE": name,
            "WSROUTER_TEST_ISOLATION": level,
        }
        session.run("pytest", "tests/security/test_ending_races.py", env=chosen)


@nox.session
def databases(session: nox.Session) -> None:
    """The tests marked `database` on PostgreSQL behind PgBouncer in transaction mode,
    and with a router that fails on what the package reads from a replica."""
    session.install("-e", ".[dev]")
    chosen = session.posargs or [*on_databases(), "-n", "2"]
    postgresql = {"WSROUTER_TEST_DATABASE": "postgresql"}
    session.run("python", "-m", "tests.pgbouncer", "pytest", *chosen, env=postgresql)
    for name in ("sqlite", "postgresql", "mysql"):
        replicated = {"WSROUTER_TEST_DATABASE": name, "WSROUTER_TEST_REPLICA": "1"}
        session.run("pytest", *chosen, env=replicated)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure sends side by side with the rival; only the ratios travel. `-- NAME ...`
    runs another of tests/benchmarks, such as `refused_requests`."""
    names = {path.stem for path in Path("tests/benchmarks").glob("[a-z]*.py")}
    name, *arguments = session.posargs or ["fanout"]
    name = {"local": "local_gateway"}.get(name, name)
    if name.isdigit():
        name, arguments = "fanout", session.posargs
    if name not in names:
        session.error(f"There is no {name!r}, only: {', '.join(sorted(names))}.")
    session.install("-e", ".[dev]", PEER)
    if name == "local_gateway":
        session.install("granian>=2.8")
    if name == "messages":
        session.install("channels>=4.3", "django-ninja>=1.7")
    if name == "servers":
        servers = "granian>=2.8", "gunicorn>=23", "uvicorn[standard]>=0.53"
        session.install("django-ninja>=1.7", *servers)
    if name == "storm":
        session.install(
            "gunicorn[fast]>=26", "psycopg[pool]>=3.2", "uvicorn[standard]>=0.53"
        )
    session.run("python", "-m", f"tests.benchmarks.{name}", *arguments)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Send 10,000 hostile requests by hypothesis, and as many by atheris; `-- N` for
    another number."""
    requests = session.posargs[0] if session.posargs else "10000"
    session.install("-e", ".[dev]", "atheris>=3.0")
    env = {"WSROUTER_FUZZ_REQUESTS": requests}
    session.run("pytest", "tests/security/test_any_request.py", env=env)
    session.run("python", "-W", "error", "-m", "tests.fuzz.endpoint", requests)


@nox.session(python=PYTHONS[-1])
def consoles(session: nox.Session) -> None:
    """Run every test of the console in a browser, on the newest Django, whose own
    Content-Security-Policy is one of those that are tested."""
    session.install("-e", ".[dev]", f"Django=={DJANGOS[-1]}.*")
    chosen = ["tests/browser/test_console.py", "tests/browser/consoles"]
    env = {"WSROUTER_TEST_DATABASE": "sqlite"}
    session.run("pytest", *(session.posargs or chosen), env=env)


@nox.session
def pages(session: nox.Session) -> None:
    """Visit the pages of the examples, and those that the recipes of the documentation
    make, in a browser: light, dark, in three widths, with a network that goes away."""
    session.install("-e", ".[dev]")
    env = {"WSROUTER_TEST_DATABASE": "sqlite"}
    session.run("pytest", *(session.posargs or ["tests/browser/pages"]), env=env)


@nox.session
def published(session: nox.Session) -> None:
    """Serve with `ws_local` what `ws_sync` has published to MiniStack: several gateways
    on one API, a domain alone, and changes while it runs."""
    session.install("-e", ".[dev]")
    env = {"WSROUTER_TEST_DATABASE": "sqlite"}
    session.run("pytest", *(session.posargs or ["tests/e2e/published"]), env=env)


@nox.session
def hand_overs(session: nox.Session) -> None:
    """Count through 20 hand-overs of client.js in a browser, hide and freeze its tab
    for longer than the gateway's idle time, and let 10,000 orders of events happen to
    it in Node.js; `-- N` for N hand-overs."""
    hand_overs = session.posargs[0] if session.posargs else "20"
    session.install("-e", ".[dev]")
    env = {"WSROUTER_HAND_OVERS": hand_overs, "WSROUTER_CLIENT_RUNS": "10000"}
    client = "tests/browser/client"
    pages = (f"{client}/test_hand_overs.py", f"{client}/hand_overs")
    judged = (*pages, "tests/javascript/test_client.py")
    session.run("pytest", *judged, env={**env, "WSROUTER_TEST_DATABASE": "sqlite"})


@nox.session
def streams(session: nox.Session) -> None:
    """Let everything fail around kept events, over real sockets, for five minutes on
    PostgreSQL and as long on MariaDB; `-- SECONDS` for another time, and `-- races` for
    the races in one process, 20 times as long, on the three databases."""
    session.install("-e", ".[dev]")
    if session.posargs == ["races"]:
        raced = ("test_numbering.py", "test_killed_publishers.py")
        for name in ("sqlite", "postgresql", "mysql"):
            env = {"WSROUTER_TEST_DATABASE": name, "WSROUTER_TEST_EFFORT": "20"}
            session.run("pytest", *(f"tests/streams/{file}" for file in raced), env=env)
        return
    seconds = session.posargs[0] if session.posargs else "300"
    for name in ("postgresql", "mysql"):
        session.run("python", "-m", "tests.faults", name, seconds)


@nox.session
def chaos(session: nox.Session) -> None:
    """Kill, stop and slow everything while 500 pages call and listen, on servers of its
    own; `-- --minutes 60 --seed 7 --report FILE`, and `--broken NAME` for a product
    that breaks a promise."""
    session.install("-e", ".[dev]")
    session.run(
        "python",
        "-m",
        "tests.chaos",
        *session.posargs,
        interrupt_timeout=60,  # it has servers to stop
    )


@nox.session
def truth(session: nox.Session) -> None:
    """Every question of ws_truth against local gateways with every value of its switch,
    and a run that is stopped at each of its calls."""
    session.install("-e", ".[dev]")
    env = {"WSROUTER_TEST_TRUTH": "all", "WSROUTER_TEST_DATABASE": "sqlite"}
    session.run("pytest", *(session.posargs or ["tests/truth"]), env=env)


@nox.session
def documents(session: nox.Session) -> None:
    """Let the tools of others judge our documents, types and clients, and documents of
    20 routers with models that hypothesis makes; send 300 payloads to each route.
    `-- N` for N routers."""
    routers = session.posargs[0] if session.posargs else "20"
    session.install("-e", ".[dev]")
    env = {"WSROUTER_DOCUMENT_ROUTERS": routers, "WSROUTER_DOCUMENT_EXAMPLES": "300"}
    judged = ("tests/documents/judges", "tests/documents/test_document_is_true.py")
    session.run("pytest", *judged, "-n", "2", "--dist", "loadfile", env=env)


def run_pytest(session: nox.Session) -> None:
    """The whole suite on SQLite, then the tests marked `database` on the others."""
    if session.posargs:
        session.run("pytest", *session.posargs)
        return
    session.run("pytest", *IN_PARALLEL, env={"WSROUTER_TEST_DATABASE": "sqlite"})
    for name in ("postgresql", "mysql"):
        chosen = {"WSROUTER_TEST_DATABASE": name}
        session.run("pytest", *on_databases(), env=chosen)
