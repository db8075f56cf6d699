"""What remains to be done by hand after a publication."""

from collections.abc import Iterator

from wsrouter.catalog.snapshot import AWS_PROXY
from wsrouter.sync.change import Change
from wsrouter.sync.export.iam_policy import application_policy
from wsrouter.sync.plan import Plan
from wsrouter.sync.publish import Published


def next_steps(before: Plan, published: Published, *, region: str) -> Iterator[str]:
    """One line for each thing to do or to know: after the first publication, and when
    the plan that was carried out (`before`) created a domain or an authorizer, or
    disabled the execute-api host."""
    is_first = before.deployed.digest is None
    created = {
        change.resource for change in before.changes if change.action == "create"
    }
    if is_first:
        yield _permission(published, region)
    if any(_moves_to_function(change) for change in before.changes):
        yield (
            f"The function must have API_ID = {published.api_id!r} in its settings: it"
            " refuses the events of every other API."
        )
    if is_first or "domain" in created or "api_mapping" in created:
        yield from _cookies(published)
    if is_first or "authorizer" in created:
        yield from _authorizer(published)
    if any(_disables_execute_api(change) for change in before.changes):
        yield (
            "The execute-api host is disabled: clients and the application can reach"
            f" the API only when DNS leads {published.url} to it."
        )


def _moves_to_function(change: Change) -> bool:
    _, kind = change.fields.get("type", (None, ""))
    return change.resource == "integration" and kind == AWS_PROXY


def _disables_execute_api(change: Change) -> bool:
    _, disabled = change.fields.get("disable_execute_api_endpoint", (None, False))
    return change.resource == "api" and bool(disabled)


def _permission(published: Published, region: str) -> str:
    snapshot, api_id = published.plan.wanted, published.api_id
    (statement,) = application_policy(snapshot, region=region, api_id=api_id)[
        "Statement"
    ]
    action, resource = statement["Action"], statement["Resource"]
    return f"The application needs the IAM permission {action} on {resource}"


def _cookies(published: Published) -> Iterator[str]:
    domain = published.plan.deployed.domain
    if domain:
        yield (
            f"Point the DNS name {domain.record.name} (CNAME) to {domain.record.target}"
        )
        yield "Browsers send cookies there only from pages on the same site."
    else:
        yield (
            "Browsers send no cookies to this host: set DOMAIN to a name on your site,"
            " or use tickets."
        )


def _authorizer(published: Published) -> Iterator[str]:
    authorizer = published.plan.wanted.authorizer
    if authorizer and not authorizer.credentials_arn:
        yield (
            "The authorizer's Lambda function must allow apigateway.amazonaws.com to"
            " invoke it (`aws lambda add-permission`)."
        )
