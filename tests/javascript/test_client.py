"""client.js in Node.js, with a clock and a gateway that are simulated: one process runs
all of the tests of this folder."""

import os
import subprocess
from pathlib import Path

from tests import node_packages
from tests.programs import program

HERE = Path(__file__).parent


def test_it_holds_in_node() -> None:
    node_packages.installed(HERE)
    environment = {k: v for k, v in os.environ.items() if k != "NODE_OPTIONS"}
    ended = subprocess.run(
        [program("node"), "--test", "--test-reporter", "spec"],
        cwd=HERE,
        env=environment,
        capture_output=True,
        text=True,
        timeout=node_packages.TIMEOUT_SECONDS,
    )
    assert ended.returncode == 0, ended.stdout
    assert "pass 0" not in ended.stdout
