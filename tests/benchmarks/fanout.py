"""Sends side by side with the rival, interleaved, against one stub over HTTPS.

    python -m tests.benchmarks.fanout [RECIPIENTS [REPETITIONS]]

Each measurement is a process of its own. Medians and spreads go to results/fanout.json.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
VARIANTS = {
    "rival": ("rival", "default", 10),
    "boto3": ("ours", "boto3", 50),
    "default": ("ours", "default", 100),
    "fast": ("ours", "fast", 400),
}


def run(module: str, *arguments: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def measured(folder: Path, count: int, repetitions: int) -> dict[str, list[Any]]:
    command = [sys.executable, "-m", "tests.benchmarks.stub", "--delay", "0.02"]
    with subprocess.Popen(
        [*command, "--certificate", str(folder)], stdout=subprocess.PIPE, text=True
    ) as stub:
        assert stub.stdout is not None
        port = stub.stdout.readline().strip()
        variables = {
            "BENCH_DATABASE": str(folder / "bench.sqlite3"),
            "BENCH_ENDPOINT": f"https://localhost:{port}/p",
            "AWS_CA_BUNDLE": str(folder / "cert.pem"),
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "eu-west-1",
        }
        run("sends", "prepare", str(count), **variables)
        found: dict[str, list[Any]] = {name: [] for name in VARIANTS}
        for _ in range(repetitions):
            for name, (who, transport, in_flight) in VARIANTS.items():
                chosen = {
                    "BENCH_TRANSPORT": transport,
                    "BENCH_IN_FLIGHT": str(in_flight),
                }
                output = run("sends", who, str(count), **variables, **chosen)
                found[name].append(json.loads(output))
        stub.terminate()
    return found


def summary(found: dict[str, list[Any]]) -> dict[str, Any]:
    """Medians, and ratios to the rival of the same round."""
    told: dict[str, Any] = {}
    for name, runs in found.items():
        pairs = list(zip(found["rival"], runs, strict=True))
        cpu = [rival["cpu_us"] / own["cpu_us"] for rival, own in pairs]
        rate = [own["rate"] / rival["rate"] for rival, own in pairs]
        told[name] = {
            "cpu_us": round(median(each["cpu_us"] for each in runs)),
            "rate": round(median(each["rate"] for each in runs)),
            "cpu_ratio": [round(each, 1) for each in (min(cpu), median(cpu), max(cpu))],
            "rate_ratio": [
                round(each, 1) for each in (min(rate), median(rate), max(rate))
            ],
        }
    return told


def main() -> None:
    given = [int(each) for each in sys.argv[1:3]]
    count, repetitions = (*given, *(20_000, 5)[len(given) :])
    with tempfile.TemporaryDirectory() as folder:
        found = measured(Path(folder), count, repetitions)
    result = {
        "recipients": count,
        "repetitions": repetitions,
        "load": os.getloadavg(),
        "cores": os.cpu_count(),
        "variants": summary(found),
    }
    text = json.dumps(result, indent=2)
    (HERE / "results" / "fanout.json").write_text(text + "\n")
    print(text)  # noqa: T201


if __name__ == "__main__":
    main()
