"""Proof that a request comes from our gateway."""

import pytest

from wsrouter.wire.secret import is_strong, matches

STRONG = "AZaz09._~+/=-" + "x" * 19


@pytest.mark.parametrize("secret", [STRONG, "x" * 32, "x" * 500])
def test_strong_secrets(secret: str) -> None:
    assert is_strong(secret)


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "x" * 31,
        STRONG + "\n",
        STRONG + " ",
        STRONG + "'",
        STRONG + "é",
        STRONG + ",",
    ],
)
def test_weak_secrets(secret: str) -> None:
    """A line break at the end is what a secret read from a file brings along."""
    assert not is_strong(secret)


@pytest.mark.parametrize("secrets", [["b"], ["a", "b"], ["b", "a"], iter(["b"])])
def test_any_of_them_matches(secrets: list[str]) -> None:
    assert matches("b", secrets)


@pytest.mark.parametrize(
    ("given", "secrets"),
    [
        ("", []),
        ("", [""]),
        ("a", []),
        ("a", ["b", ""]),
        ("", ["b"]),
        ("b ", ["b"]),
        ("B", ["b"]),
        ("b,b", ["b"]),
        ("\ud800", ["b"]),
        ("\udcff", ["ÿ"]),
        ("é", ["b"]),
    ],
)
def test_nothing_else_matches(given: str, secrets: list[str]) -> None:
    assert not matches(given, secrets)
