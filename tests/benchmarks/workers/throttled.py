"""A `@connections` endpoint that takes as many posts a second as AWS lets an account
have, and answers 429 to the others: a token bucket, which holds half of a second's
posts (AWS: "Amazon API Gateway quotas": 10,000 a second and a burst of 5,000, in some
Regions 2,500 and 1,250).

    python -m tests.benchmarks.workers.throttled --rate 10000 --delay 0.02

prints its port when it listens and, told to end, what it has got.
"""

import argparse
import gc
import json
import signal
import time
from collections import Counter
from typing import Any

from tests.benchmarks.stub import ANSWER, Stub

_BODY = b'{"message":"Rate exceeded"}'
REFUSAL = (
    b"HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\n"
    b"x-amzn-errortype: LimitExceededException\r\n"
    b"content-length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
)


class ThrottledStub(Stub):
    """Counts what each connection has got."""

    def __init__(self, delay: float, rate: float) -> None:
        super().__init__(delay, None)
        self.rate, self.burst = rate, rate / 2
        self.left, self.filled_at = self.burst, time.monotonic()
        self.got: Counter[bytes] = Counter()
        self.refused = 0
        self.seconds: Counter[int] = Counter()

    def answers(self, requests: list[bytes]) -> bytes:
        now = time.monotonic()
        gained = (now - self.filled_at) * self.rate
        self.left, self.filled_at = min(self.burst, self.left + gained), now
        return b"".join(self.answer_to(each, int(now)) for each in requests)

    def answer_to(self, request: bytes, second: int) -> bytes:
        if self.left < 1:
            self.refused += 1
            return REFUSAL
        self.left -= 1
        path = request.split(b" ", 2)[1]
        self.got[path.rpartition(b"/")[2]] += 1
        self.seconds[second] += 1
        return ANSWER

    def told(self) -> dict[str, Any]:
        accepted = self.got.total()
        return {
            "accepted": accepted,
            "connections": len(self.got),
            "doubled": accepted - len(self.got),
            "refused": self.refused,
            "most_in_a_second": max(self.seconds.values(), default=0),
        }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.02)
    parser.add_argument("--rate", type=float, required=True)
    options = parser.parse_args()
    stub = ThrottledStub(options.delay, options.rate)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    gc.disable()
    print(stub.port, flush=True)  # noqa: T201
    try:
        stub.serve()
    except KeyboardInterrupt:
        print(json.dumps(stub.told()))  # noqa: T201


if __name__ == "__main__":
    main()
