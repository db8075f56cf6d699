"""routing works in an interpreter that has neither Django nor boto3."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"django", "boto3", "botocore", "aiohttp"}:
            raise ImportError(f"{name} is not there")

sys.meta_path.insert(0, Refuse())

from pydantic import BaseModel

from wsrouter import Connection, Message, Router
from tests.routing.builders import Gateway, in_async

class Watch(BaseModel):
    order_id: int

router = Router()

@router.route("orders.watch", throttle="9/m", login_required=False)
async def watch(payload: Watch, connection: Connection, message: Message) -> Watch:
    await connection.ajoin("orders")
    return payload

for run in (None, in_async):
    gateway = Gateway(router, **({"run": run} if run else {}))
    assert gateway.call("orders.watch", {"order_id": 7}) == {"order_id": 7}
assert not {"django", "boto3", "botocore"} & set(sys.modules)
print("done")
"""


def test_in_a_bare_interpreter() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("done\n", "")
