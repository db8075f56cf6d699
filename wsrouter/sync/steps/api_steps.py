"""The steps that write the API itself, its authorizer and its models."""

from dataclasses import replace

from wsrouter.sync import find_api
from wsrouter.sync.control_errors import Superseded
from wsrouter.sync.diff import removed_tags
from wsrouter.sync.domain_diff import api_naming_former_domains
from wsrouter.sync.steps.run import Run


def create_api(run: Run, _: str) -> None:
    record = run.plane.create_api(run.wanted.api)
    run.api_id = record.id
    run.created.apis.add(record.id)
    keep_earliest_api(run)


def keep_earliest_api(run: Run) -> None:
    """Of several APIs with our tag, only the earliest stays: every run deletes the one
    that it created itself.

    Raises Superseded when this run had to delete its API.
    """
    tagged = find_api.tagged_apis(run.plane, run.plan.target)
    earliest_id = find_api.earliest_api(tagged).id if tagged else run.api_id
    if earliest_id == run.api_id or run.api_id not in run.created.apis:
        return
    run.plane.delete_api(run.api_id)
    run.created.apis.discard(run.api_id)
    run.api_id = earliest_id
    raise Superseded(f"Another run created the API {earliest_id} at the same time.")


def update_api(run: Run, _: str) -> None:
    old = run.deployed.api
    new = api_naming_former_domains(run.wanted, run.deployed, prune=run.plan.prune)
    tags = {
        key: value
        for key, value in new.tags.items()
        if old is None or old.tags.get(key) != value
    }
    if tags:
        run.plane.tag_api(run.api_id, tags)
    if removed := removed_tags(new, run.deployed):
        run.plane.untag_api(run.api_id, removed)
    if old is None or replace(old, tags={}) != replace(new, tags={}):
        run.plane.update_api(run.api_id, new)


def create_authorizer(run: Run, _: str) -> None:
    if run.wanted.authorizer:
        record = run.plane.create_authorizer(run.api_id, run.wanted.authorizer)
        run.authorizer_id = record.id


def update_authorizer(run: Run, _: str) -> None:
    if run.wanted.authorizer:
        run.plane.update_authorizer(
            run.api_id, run.authorizer_id, run.wanted.authorizer
        )


def delete_authorizer(run: Run, _: str) -> None:
    run.plane.delete_authorizer(run.api_id, run.authorizer_id)


def create_model(run: Run, name: str) -> None:
    run.plane.create_model(run.api_id, run.wanted.models[name])


def update_model(run: Run, name: str) -> None:
    model_id = run.deployed.model_ids[name]
    run.plane.update_model(run.api_id, model_id, run.wanted.models[name])


def delete_model(run: Run, name: str) -> None:
    run.plane.delete_model(run.api_id, run.deployed.model_ids[name])
