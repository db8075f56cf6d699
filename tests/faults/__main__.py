"""Streams over real sockets, while everything fails: `python -m tests.faults DATABASE
SECONDS`, with `postgresql` or `mysql`.

200 pages with client.js watch 20 groups behind `ws_local --strict`, while four
processes publish. Django, the gateway, the reaper, the publishers and sessions of the
database are killed, posts are lost and late, sockets are cut. Then everything is
healed, and a judge compares what each page was told with what was committed.
"""

import os
import sys
import tempfile
from pathlib import Path

from tests.ports import free_port

DATABASE = sys.argv[1] if len(sys.argv) > 1 else "postgresql"
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 300.0


def main() -> None:
    gateway_port, django_port = free_port(), free_port()
    os.environ |= {
        "WSROUTER_TEST_DATABASE": DATABASE,
        "DJANGO_SETTINGS_MODULE": "tests.faults.site.settings",
        "FAULTS_DATABASE": "" if DATABASE == "mysql" else "postgres",
        "FAULTS_SITE": f"http://127.0.0.1:{django_port}",
        "FAULTS_GATEWAY": f"http://127.0.0.1:{gateway_port}/production",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    import django

    django.setup()
    from django.db import connection

    from tests.faults.run import Run

    folder = Path(tempfile.mkdtemp(prefix=f"faults-{DATABASE}-"))
    former = connection.settings_dict["NAME"]
    try:
        name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
        os.environ["FAULTS_DATABASE"] = name
        is_good = Run(folder, gateway_port, django_port).run(SECONDS)
    finally:
        connection.creation.destroy_test_db(former, verbosity=0)
    sys.exit(not is_good)


if __name__ == "__main__":
    main()
