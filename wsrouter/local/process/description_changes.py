"""What differs between two descriptions of an API, as lines for the journal."""

from collections.abc import Iterator

from wsrouter.local.process.api_description import ApiDescription

_LABELS = {"foreign": "routes that wsrouter does not manage"}


def changes(old: ApiDescription, new: ApiDescription) -> Iterator[str]:
    """A line for each difference. Values are left out: one of them is the secret."""
    before, after = old.snapshot, new.snapshot
    for key in sorted({*before.routes, *after.routes}):
        if key not in before.routes:
            yield f"+ route {key}"
        elif key not in after.routes:
            yield f"- route {key}"
        elif before.routes[key] != after.routes[key]:
            yield f"~ route {key}"
    for name in ("api", "integration", "stage", "models", "foreign"):
        if getattr(before, name) != getattr(after, name):
            yield f"~ {_LABELS.get(name, name)}"
    if old.region != new.region:
        yield "~ region"
    yield from new_hints(old, new)


def hints(description: ApiDescription) -> Iterator[str]:
    """A line for each thing that the code has and the served API lacks."""
    for name in description.modules_without_router:
        yield f"! {name} has no `router`, so nothing in it is served"
    for key in description.unpublished:
        yield f"! route {key} is not published: run ws_sync"


def new_hints(old: ApiDescription, new: ApiDescription) -> Iterator[str]:
    """The hints about `new` that did not apply to `old`."""
    shown = set(hints(old))
    return (hint for hint in hints(new) if hint not in shown)
