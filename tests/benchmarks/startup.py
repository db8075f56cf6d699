"""What `django.setup()` costs with the app installed.

    python -m tests.benchmarks.startup

Fresh interpreters take turns. Each has imported pydantic before, as a project has that
uses it. Medians and quartiles of the ratios go to results/startup.json.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from statistics import median, quantiles

RESULTS = Path(__file__).parent / "results"
ROUNDS = 25
PROGRAM = """
import sys, time
import orjson, pydantic
class Known(pydantic.BaseModel):
    number: int
Known.model_validate_json(b'{"number": 1}')
from django.conf import settings
apps = ["admin", "auth", "contenttypes", "sessions", "messages", "staticfiles"]
apps = ["django.contrib." + each for each in apps] + sys.argv[1:]
settings.configure(INSTALLED_APPS=apps, SECRET_KEY="x")
import django
start = time.process_time()
django.setup()
print(time.process_time() - start)
"""
VARIANTS = {
    "Django alone": [],
    "with wsrouter": ["wsrouter"],
    "with wsrouter and an app with routes": ["wsrouter", "tests.project.shop"],
}


def once(apps: list[str]) -> float:
    command = [sys.executable, "-c", PROGRAM, *apps]
    return float(subprocess.check_output(command, text=True)) * 1000


def main() -> None:
    found: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for _ in range(ROUNDS):
        for name, apps in VARIANTS.items():
            found[name].append(once(apps))
    told = {}
    for name, times in found.items():
        pairs = zip(times, found["Django alone"], strict=True)
        ratios = [own / alone for own, alone in pairs]
        low, _, high = quantiles(ratios, n=4)
        told[name] = {
            "cpu_ms": round(median(times), 1),
            "ratio": round(median(ratios), 2),
            "ratio_quartiles": [round(low, 2), round(high, 2)],
        }
    result = {
        "rounds": ROUNDS,
        "load": os.getloadavg()[0],
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "variants": told,
    }
    text = json.dumps(result, indent=2)
    (RESULTS / "startup.json").write_text(text + "\n")
    print(text)  # noqa: T201


if __name__ == "__main__":
    main()
