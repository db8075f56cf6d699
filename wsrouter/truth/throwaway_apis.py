"""Publishes throw-away APIs with the machinery of ws_sync, and deletes them."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from wsrouter.catalog.snapshot import Snapshot
from wsrouter.errors import SyncError
from wsrouter.sync.plan import prepare
from wsrouter.sync.ports import ControlPlane
from wsrouter.sync.publish import publish
from wsrouter.sync.records import ApiRecord
from wsrouter.sync.target import Target
from wsrouter.truth.snapshots import ALIAS, STAGE, TRUTH_TAG

EMPTY_LISTS = 4
MAX_LISTS = 30
PAUSE_SECONDS = 2.0
"""AWS may list a new API late: all is deleted once so many lists in a row, with a pause
between them, have shown none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedApi:
    """A throw-away API. Clients connect to `url`."""

    api_id: str
    url: str
    snapshot: Snapshot
    warnings: tuple[str, ...] = ()


class ThrowawayApis:
    """The APIs of one run."""

    def __init__(
        self,
        plane: ControlPlane,
        run_id: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._plane, self.run_id, self._sleep = plane, run_id, sleep
        self._has_begun = False

    def publish(self, snapshot: Snapshot) -> PublishedApi:
        """Create the API, or change the one with the same name; raises SyncError."""
        if snapshot.api.tags.get(TRUTH_TAG) != self.run_id:
            raise SyncError("This API has not the tag of the run.")
        self._has_begun = True
        target = Target(alias=ALIAS, stage=STAGE, api_name=snapshot.api.name)
        plan = prepare(self._plane, target, snapshot)
        made = publish(self._plane, plan, sleep=self._sleep)
        return PublishedApi(
            api_id=made.api_id,
            url=made.url,
            snapshot=snapshot,
            warnings=made.warnings,
        )

    def delete_stage(self, published: PublishedApi) -> None:
        self._plane.delete_stage(published.api_id, published.snapshot.stage.name)

    def delete_all(self) -> list[str]:
        """Delete every API of the run; their ids. Raises SyncError."""
        deleted: list[str] = []
        empty = lists = 0 if self._has_begun else MAX_LISTS
        while empty < EMPTY_LISTS and lists < MAX_LISTS:
            if lists:
                self._sleep(PAUSE_SECONDS)
            found = delete_tagged(self._plane, self.run_id)
            deleted += found
            empty, lists = 0 if found else empty + 1, lists + 1
        return sorted(set(deleted))


def leftovers(plane: ControlPlane, run_id: str = "") -> list[ApiRecord]:
    """The APIs that a run has made, or without `run_id` any run."""
    return [
        record
        for record in plane.apis()
        if (tag := record.api.tags.get(TRUTH_TAG)) and run_id in ("", tag)
    ]


def delete_tagged(plane: ControlPlane, run_id: str = "") -> list[str]:
    """Delete them; their ids. Raises SyncError, after it has tried every one."""
    deleted, failures = [], []
    for record in leftovers(plane, run_id):
        try:
            plane.delete_api(record.id)
        except SyncError as error:
            failures.append(error)
        else:
            deleted.append(record.id)
    if failures:
        raise failures[0]
    return deleted
