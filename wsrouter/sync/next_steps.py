"""What is left to do by hand after a publication."""

from collections.abc import Iterator

from wsrouter.sync.change import Change
from wsrouter.sync.export.iam_policy import application
from wsrouter.sync.plan import Plan
from wsrouter.sync.publish import Published


def next_steps(before: Plan, published: Published, *, region: str) -> Iterator[str]:
    """One line for each thing that somebody must know or do now: after the first
    publication, or since `before` brought a domain or an authorizer."""
    is_first = before.deployed.digest is None
    created = {each.resource for each in before.changes if each.action == "create"}
    if is_first:
        yield _permission(published, region)
    if is_first or "domain" in created or "api_mapping" in created:
        yield from _names(published)
    if is_first or "authorizer" in created:
        yield from _authorizer(published)
    if any(_closes(each) for each in before.changes):
        yield (
            "The execute-api host is disabled: clients and the application reach the"
            f" API only once DNS leads {published.url} to it."
        )


def _closes(change: Change) -> bool:
    _, closed = change.fields.get("disable_execute_api_endpoint", (None, False))
    return change.resource == "api" and bool(closed)


def _permission(published: Published, region: str) -> str:
    snapshot, api_id = published.plan.wanted, published.api_id
    (statement,) = application(snapshot, region=region, api_id=api_id)["Statement"]
    action, resource = statement["Action"], statement["Resource"]
    return f"The application needs the IAM permission {action} on {resource}"


def _names(published: Published) -> Iterator[str]:
    found = published.plan.deployed.domain
    if found:
        yield f"Point the DNS name {found.record.name} (CNAME) to {found.record.target}"
        yield "Browsers send cookies there only from pages of the same site."
    else:
        yield (
            "Browsers send no cookies to this host: set DOMAIN to a name on your site,"
            " or use tickets."
        )


def _authorizer(published: Published) -> Iterator[str]:
    guard = published.plan.wanted.authorizer
    if guard and not guard.credentials_arn:
        yield (
            "The authorizer's function must allow apigateway.amazonaws.com to invoke"
            " it (`aws lambda add-permission`)."
        )
