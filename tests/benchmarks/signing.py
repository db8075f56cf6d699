"""What signing costs for each recipient: `python -m tests.benchmarks.signing`."""

import time
from statistics import median

from wsrouter.aws.posts.signer import Credentials, Signer

ROUNDS = 9
RECIPIENTS = 20_000


def measured() -> list[float]:
    """Microseconds of CPU for the path and the Authorization header of one recipient,
    round by round."""
    signer = Signer(
        Credentials("AKIDEXAMPLE", "secret", "a session token"),
        host="abc123defg.execute-api.eu-west-1.amazonaws.com",
        path="/production",
        region="eu-west-1",
        data=b"x" * 191,
    )
    ids = [f"L0SM9cO-{number:05d}_=" for number in range(RECIPIENTS)]
    return [_round(signer, ids) for _ in range(ROUNDS)]


def _round(signer: Signer, ids: list[str]) -> float:
    start = time.process_time()
    for each in ids:
        signer.path(each)
        signer.authorization(each)
    return (time.process_time() - start) / len(ids) * 1e6


if __name__ == "__main__":
    found = measured()
    print(f"{median(found):.2f} µs (at best {min(found):.2f})")  # noqa: T201
