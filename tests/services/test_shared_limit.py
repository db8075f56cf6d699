"""Processes that share a limit of posts through a real Redis, and one that has none."""

import json
import logging
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import pytest
from django.test import override_settings

from tests.databases import REQUIRED
from tests.ports import free_port
from tests.services.engines import REDIS
from tests.services.reserving import RATE, REGION
from wsrouter.conf import ConfigurationError
from wsrouter.delivery.shared_limit import SharedLimit
from wsrouter.delivery.token_bucket import TokenBucket
from wsrouter.wiring.shared_posts import counter

BACKEND = "django.core.cache.backends"
PROCESSES, POSTS = 4, 150
BUDGET = int(RATE / 10)


@pytest.fixture
def url() -> Iterator[str]:
    import redis

    with redis.Redis.from_url(REDIS) as client:
        try:
            client.ping()
        except redis.ConnectionError as error:
            if REQUIRED:
                raise
            pytest.skip(f"Redis does not answer: {error}")
        yield REDIS
        for key in client.scan_iter(f"*wsrouter:posts:{REGION}:*"):
            client.delete(key)


def test_processes_share_each_window(url: str) -> None:
    """All are at the same moment, so that what each is given is the limit's alone."""
    command = [sys.executable, "-m", "tests.services.reserving", url, str(POSTS)]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    found = [json.loads(process.communicate()[0]) for process in started]
    windows = Counter(window for waits in found for window in waits)
    assert sum(windows.values()) == PROCESSES * POSTS
    assert max(windows.values()) <= BUDGET
    shares = BUDGET // 20  # a process may not use up its last share
    assert len(windows) <= PROCESSES * POSTS / (BUDGET - PROCESSES * shares) + 1


def test_sends_go_on_without_redis(caplog: pytest.LogCaptureFixture) -> None:
    location = f"redis://127.0.0.1:{free_port()}/0"
    caches = {
        "default": {"BACKEND": f"{BACKEND}.redis.RedisCache", "LOCATION": location}
    }
    now = 1000.0
    with override_settings(CACHES=caches), caplog.at_level(logging.WARNING):
        limit = SharedLimit(
            TokenBucket(1e6), 10.0, counter("default", REGION), clock=lambda: now
        )
        assert [limit.reserve(1.0) for _ in range(50)] == [0.0] * 50
        now += 60.0
        assert limit.reserve(1.0) == 0.0
    lines = [each for each in caplog.records if "cannot be kept" in each.message]
    assert len(lines) == 1


def test_the_limit_is_kept_again_when_the_counter_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now, used, is_broken = 1000.0, Counter[int](), True

    def count(window: int, posts: int) -> int:
        if is_broken:
            raise ConnectionError("gone")
        used[window] += posts
        return used[window]

    limit = SharedLimit(TokenBucket(1e6), 10.0, count, clock=lambda: now)
    assert [limit.reserve(0.05) for _ in range(5)] == [0.0] * 5
    is_broken, now = False, now + 5.0
    assert limit.reserve(0.05) == 0.0
    assert limit.reserve(0.05) is None  # the window's only post is used
    assert limit.reserve(0.15) == pytest.approx(0.1)
    assert "kept again" in caplog.text


def test_the_limit_of_the_process_holds_as_well() -> None:
    local = TokenBucket(10.0, clock=lambda: 0.0)
    limit = SharedLimit(local, 1e6, lambda _, posts: posts, clock=lambda: 0.0)
    assert limit.reserve(10.0) == 0.0
    assert limit.reserve(10.0) == pytest.approx(0.1)
    assert limit.reserve(0.05) is None


@pytest.mark.parametrize("name", ["locmem.LocMemCache", "dummy.DummyCache"])
@pytest.mark.parametrize("alias", ["default", "missing"])
def test_a_cache_of_one_process_is_refused(name: str, alias: str) -> None:
    caches = {"default": {"BACKEND": f"{BACKEND}.{name}"}}
    with (
        override_settings(CACHES=caches),
        pytest.raises(ConfigurationError, match="Redis, Valkey or Memcached"),
    ):
        counter(alias, "eu-west-1")
