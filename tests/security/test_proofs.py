"""Proofs that held are kept, so that an HMAC is not made for every message: of what
Django hashes, and for as long as nothing in it changes."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import override_settings

from wsrouter import identity
from wsrouter.identity import is_current


class Emailed:
    """Whoever gets another address has to log in again."""

    is_active, password = True, "pbkdf2$x"

    def __init__(self, email: str) -> None:
        self.email = email

    def get_session_auth_hash(self) -> str:
        return self.email

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return iter(())


def made() -> User:
    return User(username="ada", password="pbkdf2$x")


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    identity._proofs.clear()


def test_what_holds_holds_again() -> None:
    user = made()
    proof = user.get_session_auth_hash()
    assert [is_current(user, proof) for _ in range(2)] == [True, True]
    assert len(identity._proofs) == 1
    assert not is_current(user, "0" * 64)
    assert len(identity._proofs) == 1


def test_another_password_or_secret_key_ends_it() -> None:
    user = made()
    proof = user.get_session_auth_hash()
    assert is_current(user, proof)
    with override_settings(SECRET_KEY="another"):
        assert not is_current(user, proof)
    assert is_current(user, proof)
    user.password = "pbkdf2$y"
    assert not is_current(user, proof)
    user.password, user.is_active = "pbkdf2$x", False
    assert not is_current(user, proof)


def test_a_hash_of_the_projects_own_is_made_every_time() -> None:
    user = Emailed("ada@example.com")
    assert is_current(user, "ada@example.com")
    user.email = "ada@example.org"
    assert not is_current(user, "ada@example.com")
    assert not identity._proofs


def test_not_more_are_kept_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "MAX_PROOFS", 2)
    for number in range(5):
        user = made()
        user.password = f"pbkdf2${number}"
        assert is_current(user, user.get_session_auth_hash())
        assert len(identity._proofs) <= 2
