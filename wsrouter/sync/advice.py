"""What is left to do by hand after a first publication."""

from collections.abc import Iterator

from wsrouter.sync.publish import Published

PERMISSION = "execute-api:ManageConnections"


def first_steps(published: Published) -> Iterator[str]:
    """One line for each thing that somebody must know or do."""
    plan = published.plan
    stage = plan.wanted.stage.name
    yield (
        f"The application needs the IAM permission {PERMISSION} on"
        f" arn:aws:execute-api:*:*:{published.api_id}/{stage}/*/@connections/*"
    )
    found = plan.deployed.domain
    if found:
        yield f"Point the DNS name {found.record.name} (CNAME) to {found.record.target}"
        yield "Browsers send cookies there only from pages of the same site."
    else:
        yield (
            "Browsers send no cookies to this host: set DOMAIN to a name on your site,"
            " or use tickets."
        )
    if plan.wanted.authorizer and not plan.wanted.authorizer.credentials_arn:
        yield (
            "The authorizer's function must allow apigateway.amazonaws.com to invoke"
            " it (`aws lambda add-permission`)."
        )
