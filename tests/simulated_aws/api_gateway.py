"""apigatewayv2 in memory, spoken to as to a boto3 client, and as strict as AWS."""

import copy
import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any

from tests.simulated_aws.resource_kinds import KINDS, PLURALS, Kind
from wsrouter.aws.botocore_errors import refusal

PAGE = 3
"""Short, so that nobody forgets the second page."""
LARGEST_PAGE = 100
"""AWS publishes none; this many were seen to be taken."""

Members = dict[str, Any]
Rule = Callable[["MemoryApiGateway", Members, Members], None]


class MemoryApiGateway:
    """A client for the operations that ws_sync needs.

    `calls` are all operations so far with their members. `before` and `after` are
    called with the name of each operation and may raise. `refused_sources` are mapping
    sources that AWS does not take; a deployment is PENDING for `pending_polls` looks.
    `stubborn` are members that AWS does not let an empty string take away. What was
    just created is not seen by the next `late_reads` reads, and what was just changed
    is seen as it was; `has_log_role` is whether the account may write logs; `page` is
    how many items a list shows at once.
    """

    def __init__(
        self,
        rules: Mapping[str, Rule],
        *,
        region: str = "eu-west-1",
        pending_polls: int = 1,
    ) -> None:
        self.meta = SimpleNamespace(region_name=region)
        self.calls: list[tuple[str, Members]] = []
        self.before: Callable[[str], None] = _nothing
        self.after: Callable[[str], None] = _nothing
        self.refused_sources: set[str] = set()
        self.pending_polls = pending_polls
        self.stubborn: set[str] = set()
        self.late_reads = 0
        self.has_log_role = True
        self.page = PAGE
        self.deployed: dict[str, Members] = {}
        self._rules = rules
        self._polls: dict[str, int] = {}
        self._tables: dict[tuple[str, ...], dict[str, Members]] = {}
        self._numbers = itertools.count(1)
        self._late: dict[int, tuple[Members, Members | None, int]] = {}

    def __getattr__(self, operation: str) -> Callable[..., Members]:
        if operation.partition("_")[0] not in _VERBS:
            raise AttributeError(operation)
        return partial(self._answer, operation)

    @property
    def writes(self) -> list[str]:
        """The operations so far that change something."""
        return [name for name, _ in self.calls if not name.startswith("get_")]

    def live(self, api_id: str, stage: str) -> Members:
        """The API, routes and integrations, by id, that a stage serves."""
        found = self.get("stage", {"ApiId": api_id, "StageName": stage})
        return self.deployed.get(found.get("DeploymentId", ""), {})

    def table(self, noun: str, ids: Members) -> dict[str, Members]:
        """The resources of one kind, by id, under the same parents."""
        parents = tuple(ids[name] for name in KINDS[noun].parents)
        if parents:
            *above, last = KINDS[noun].parents
            parent = next(name for name, kind in KINDS.items() if kind.id == last)
            self.get(parent, {name: ids[name] for name in (*above, last)})
        return self._tables.setdefault((noun, *parents), {})

    def get(self, noun: str, ids: Members) -> Members:
        """One resource; raises NotFoundException."""
        kind = KINDS[noun]
        table, wanted = self.table(noun, ids), ids[kind.id]
        if wanted not in table:
            raise missing(f"Invalid {kind.name} identifier specified {wanted}")
        return table[wanted]

    def _answer(self, operation: str, /, **members: Any) -> Members:
        self.before(operation)
        self.calls.append((operation, copy.deepcopy(members)))
        verb, _, noun = operation.partition("_")
        if operation in _PARTS:
            answer = self._delete_part(_PARTS[operation], members)
        elif noun in ("tags", "resource"):
            answer = self._tags(verb, members)
        elif noun in PLURALS:
            answer = self._list(PLURALS[noun], members)
        else:
            answer = _VERBS[verb](self, noun, members)
        answer = copy.deepcopy(answer)
        self.after(operation)
        return answer

    def _create(self, noun: str, members: Members) -> Members:
        kind, table = KINDS[noun], self.table(noun, members)
        item = copy.deepcopy({**kind.defaults, **_own(kind, members)})
        absent = sorted(kind.required - set(item))
        if absent:
            raise invalid(f"Missing required parameter {absent[0]}")
        item[kind.id] = members.get(kind.id) or self._new_id(noun)
        self._check(noun, members, item)
        if item[kind.id] in table:
            raise conflict(f"{kind.name} already exists")
        table[item[kind.id]] = item
        self._finish(noun, members, item)
        self._delay(item, None)
        return item

    def _finish(self, noun: str, members: Members, item: Members) -> None:
        """What AWS adds by itself."""
        host = f"execute-api.{self.meta.region_name}.amazonaws.com"
        if noun == "deployment":
            self._deploy(members, item)
        if noun == "api":
            item["ApiEndpoint"] = f"wss://{item['ApiId']}.{host}"
        if noun in ("api", "deployment"):
            item["CreatedDate"] = datetime.now(UTC)
        if noun == "domain_name":
            for configuration in item["DomainNameConfigurations"]:
                configuration |= {"ApiGatewayDomainName": f"d-{len(item)}.{host}"}

    def _update(self, noun: str, members: Members) -> Members:
        kind, item = KINDS[noun], self.get(noun, members)
        given = _own(kind, members)
        if stuck := {name for name in self.stubborn if given.get(name) == ""}:
            raise invalid(f"{sorted(stuck)[0]} cannot be empty")
        if kind.fixed & set(given):
            raise invalid(f"{sorted(kind.fixed & set(given))[0]} cannot be updated")
        new = _patched(kind, item, given)
        self._check(noun, members, new)
        self._delay(item, copy.deepcopy(item))
        item.clear()
        item.update(new)
        return item

    def _read(self, noun: str, members: Members) -> Members:
        item = self.get(noun, members)
        shown = self._shown(item)
        if shown is None:
            raise missing(f"Invalid {KINDS[noun].name} identifier specified")
        if noun == "deployment":
            self._poll(item)
        return shown

    def _list(self, noun: str, members: Members) -> Members:
        table = self.table(noun, members).values()
        found = [shown for item in table if (shown := self._shown(item)) is not None]
        most = members.get("MaxResults", str(self.page))
        if not isinstance(most, str) or not 1 <= int(most) <= LARGEST_PAGE:
            raise invalid(f"Invalid value for MaxResults: {most!r}")
        start = int(members.get("NextToken", 0))
        end = start + min(self.page, int(most))
        more = {"NextToken": str(end)} if end < len(found) else {}
        return {"Items": found[start:end], **more}

    def _delay(self, item: Members, before: Members | None) -> None:
        """The next reads show what they would have shown before this change."""
        if self.late_reads:
            _, former, left = self._late.get(id(item), (item, before, 0))
            self._late[id(item)] = (item, former if left else before, self.late_reads)

    def _shown(self, item: Members) -> Members | None:
        """What a read shows of it: nothing yet, what it was, or what it is."""
        _, former, left = self._late.get(id(item), (item, item, 0))
        if left:
            self._late[id(item)] = (item, former, left - 1)
        return former if left else item

    def _delete_part(self, name: str, members: Members) -> Members:
        """Take away what a PATCH of the stage cannot."""
        stage = self.get("stage", members)
        if name == "RouteSettings":
            if members["RouteKey"] not in stage[name]:
                raise missing("Invalid route key specified")
            del stage[name][members["RouteKey"]]
        else:
            stage.pop(name, None)
        return {}

    def _delete(self, noun: str, members: Members) -> Members:
        item = self.get(noun, members)
        self._rules.get(f"delete_{noun}", _no_rule)(self, members, item)
        del self.table(noun, members)[item[KINDS[noun].id]]
        own = tuple(members[name] for name in (*KINDS[noun].parents, KINDS[noun].id))
        for key in [key for key in self._tables if key[1 : len(own) + 1] == own]:
            del self._tables[key]
        return {}

    def _check(self, noun: str, members: Members, item: Members) -> None:
        self._rules.get(noun, _no_rule)(self, members, item)

    def _deploy(self, members: Members, item: Members) -> None:
        """A deployment is a snapshot of what there is now."""
        stage_name = item.pop("StageName", "")
        contents = {
            noun: self.table(noun, members) for noun in ("api", "route", "integration")
        }
        self.deployed[item["DeploymentId"]] = copy.deepcopy(contents)
        self._polls[item["DeploymentId"]] = self.pending_polls
        item["DeploymentStatus"] = "PENDING" if self.pending_polls else "DEPLOYED"
        if stage_name:
            stage = self.get("stage", {**members, "StageName": stage_name})
            stage["DeploymentId"] = item["DeploymentId"]

    def _poll(self, item: Members) -> None:
        left = max(0, self._polls[item["DeploymentId"]] - 1)
        self._polls[item["DeploymentId"]] = left
        item["DeploymentStatus"] = "PENDING" if left else "DEPLOYED"

    def _tags(self, verb: str, members: Members) -> Members:
        *_, kind, name = members["ResourceArn"].split("/")
        noun = {"apis": "api", "domainnames": "domain_name"}[kind]
        tags = self.get(noun, {KINDS[noun].id: name})["Tags"]
        if verb == "get":
            return {"Tags": tags}
        tags.update(members.get("Tags", {}))
        for key in members.get("TagKeys", ()):
            tags.pop(key, None)
        return {}

    def _new_id(self, noun: str) -> str:
        return f"{noun.replace('_', '')}{next(self._numbers)}"


_PARTS = {
    "delete_route_settings": "RouteSettings",
    "delete_access_log_settings": "AccessLogSettings",
}
_VERBS: Mapping[str, Callable[[MemoryApiGateway, str, Members], Members]] = {
    "create": MemoryApiGateway._create,
    "get": MemoryApiGateway._read,
    "update": MemoryApiGateway._update,
    "delete": MemoryApiGateway._delete,
    "tag": MemoryApiGateway._create,
    "untag": MemoryApiGateway._delete,
}


def _own(kind: Kind, members: Members) -> Members:
    """The members without the ids; unknown ones are refused, as boto3 does."""
    given = set(members) - {*kind.parents, kind.id}
    if unknown := given - kind.members - kind.required:
        raise invalid(f"Unknown parameter {sorted(unknown)[0]}")
    return {name: members[name] for name in given}


def _patched(kind: Kind, item: Members, given: Members) -> Members:
    """A PATCH: maps merged by key, `""` takes away, the rest stays."""
    new = {**item, **given}
    for name in kind.merged & set(given):
        new[name] = {**item.get(name, {}), **given[name]}
        new[name] = {key: value for key, value in new[name].items() if value != ""}
    return {name: value for name, value in new.items() if value != ""}


def _nothing(_: str) -> None:
    pass


def _no_rule(_: MemoryApiGateway, __: Members, ___: Members) -> None:
    pass


def invalid(message: str) -> Exception:
    return refusal("MemoryApiGateway", "BadRequestException", message, 400)


def missing(message: str) -> Exception:
    return refusal("MemoryApiGateway", "NotFoundException", message, 404)


def conflict(message: str) -> Exception:
    return refusal("MemoryApiGateway", "ConflictException", message, 409)
