"""The raw floor: `wrk` posts the same bytes with a signature made once.

It reads no database, signs nothing and counts nothing: what a post costs at least.
"""

import re
import resource
import shutil
import subprocess
from pathlib import Path

import orjson

from tests.benchmarks.events import PAYLOAD
from tests.benchmarks.serving import CREDENTIALS
from wsrouter.aws.posts.signer import Credentials, Signer
from wsrouter.wire import encode

SECONDS = 4
IN_FLIGHT = 400


def is_there() -> bool:
    return shutil.which("wrk") is not None


def measured(folder: Path, url: str) -> dict[str, float]:
    script = folder / "post.lua"
    script.write_text(_script(url))
    address = url + "/@connections/L0SM9cOF0000000%3D"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = subprocess.run(
        ["wrk", "-t1", f"-c{IN_FLIGHT}", f"-d{SECONDS}s", "-s", script, address],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    count = int(_number(r"(\d+) requests in", told))
    rate = _number(r"Requests/sec:\s+([\d.]+)", told)
    return {"cpu_us": cpu / count * 1e6, "rate": rate}


def _number(pattern: str, told: str) -> float:
    found = re.search(pattern, told)
    assert found is not None, told
    return float(found[1])


def _script(url: str) -> str:
    data = encode.OWN_FRAMES.event(
        "orders.changed", "0123456789abcdef", orjson.dumps(PAYLOAD)
    )
    key = Credentials(
        CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"]
    )
    host = url.partition("//")[2].partition("/")[0]
    signer = Signer(key, host=host, path="/p", region="eu-west-1", data=data)
    date = signer.headers["x-amz-date"]
    return (
        'wrk.method = "POST"\n'
        f"wrk.body = '{data.decode()}'\n"
        f'wrk.headers["x-amz-date"] = "{date}"\n'
        'wrk.headers["authorization"] = '
        f'"{signer.authorization("L0SM9cOF0000000=")}"\n'
    )
