"""Where the management API is."""

import pytest

from wsrouter.aws.endpoints import NoRegion, management_endpoint


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "abc.execute-api.eu-west-1.amazonaws.com"),
        ("us-gov-west-1", "abc.execute-api.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "abc.execute-api.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_partitions(region: str, host: str) -> None:
    found = management_endpoint(api_id="abc", region=region, stage="production")

    assert found == f"https://{host}/production"


def test_region_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    found = management_endpoint(api_id="abc", region="", stage="beta")

    assert found == "https://abc.execute-api.eu-north-1.amazonaws.com/beta"


@pytest.mark.parametrize("region", ["", "nowhere"])
def test_no_region(region: str) -> None:
    with pytest.raises(NoRegion):
        management_endpoint(api_id="abc", region=region, stage="beta")


def test_the_sentence_says_what_to_do() -> None:
    assert "AWS_DEFAULT_REGION" in str(NoRegion())
