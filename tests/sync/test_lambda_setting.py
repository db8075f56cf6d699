"""What LAMBDA may be, and beside what."""

from typing import Any

import pytest

from tests.simulated_aws.control_plane import MemoryControlPlane
from tests.sync.commands import run
from tests.sync.test_lambda import SHOP, configure


def test_what_cannot_be_published(plane: MemoryControlPlane, settings: Any) -> None:
    configure(settings, VPC_LINK="link12")
    with pytest.raises(Exception, match="VPC_LINK leads to an ENDPOINT"):
        run("--plan")


@pytest.mark.parametrize(
    "arn",
    [
        7,
        "shop",
        "arn:aws:s3:::shop",
        f"{SHOP}:a b",
        f"{SHOP} ",
        f"{SHOP}\n",
        f"{SHOP}:$latest",
        SHOP.replace("shop", "sh\xf6p"),
        SHOP.replace("0", "\u0660"),
    ],
)
def test_what_is_no_function(settings: Any, arn: Any) -> None:
    configure(settings, LAMBDA=arn)
    with pytest.raises(Exception, match="must be the ARN of a Lambda function"):
        run("--plan")


def test_the_latest_version_has_no_qualifier(settings: Any) -> None:
    """AWS gives no permission to invoke $LATEST by that name."""
    configure(settings, LAMBDA=f"{SHOP}:$LATEST")
    with pytest.raises(Exception, match=r"must not end with ':\$LATEST': leave that"):
        run("--plan")
