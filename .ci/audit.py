"""Looks every dependency up in the database of known vulnerabilities, by pip-audit.

`python .ci/audit.py REQUIREMENT...` ends with 1 when one is vulnerable. What could not
be looked up is said, and ends with 2 when WSROUTER_REQUIRE_AUDIT is set.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

Dependencies = list[dict[str, Any]]


def looked_up(requirements: list[str]) -> tuple[Dependencies | None, str]:
    """What pip-audit found out, None when it found out nothing; and what it said."""
    with TemporaryDirectory() as folder:
        wanted, found = Path(folder, "requirements.txt"), Path(folder, "found.json")
        wanted.write_text("\n".join(requirements))
        command = [sys.executable, "-m", "pip_audit", "-r", str(wanted), "-f", "json"]
        done = subprocess.run(
            [*command, "-o", str(found), "--progress-spinner", "off"],
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if not found.exists() or not found.read_text():
            return None, done.stderr
        return json.loads(found.read_text())["dependencies"], done.stderr


def judged(
    dependencies: Dependencies | None, said: str, *, required: bool
) -> tuple[int, list[str]]:
    """The exit status, and the lines to print."""
    if dependencies is None:
        last = (said.strip().splitlines() or ["it said nothing"])[-1]
        return 2 * required, [f"audit: NOT DONE, pip-audit failed: {last}"]
    bad = [each for each in dependencies if each.get("vulns")]
    unknown = [each["name"] for each in dependencies if "skip_reason" in each]
    lines = [
        f"audit: {each['name']} {each['version']} has {vulnerability['id']}, mended in"
        f" {', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for each in bad
        for vulnerability in each["vulns"]
    ]
    count = len(dependencies) - len(unknown)
    lines.append(f"audit: {count} dependencies looked up, {len(bad)} vulnerable")
    if unknown:
        lines.append(
            f"audit: NOT DONE for {len(unknown)} of {len(dependencies)}, the advisory"
            f" service does not know them: {', '.join(unknown)}"
        )
    if bad:
        return 1, lines
    return 2 * bool(unknown and required), lines


def main(requirements: list[str]) -> int:
    required = bool(os.environ.get("WSROUTER_REQUIRE_AUDIT"))
    status, lines = judged(*looked_up(requirements), required=required)
    print("\n".join(lines))
    if status == 2:
        print("audit: WSROUTER_REQUIRE_AUDIT is set, so that is an error")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
