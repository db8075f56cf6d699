"""Two users; a room for both, and one for ada."""

import pytest
from django.contrib.auth.models import User

from chat.models import Room


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob")


@pytest.fixture
def tea(ada: User, bob: User) -> Room:
    room = Room.objects.create(name="tea")
    room.members.set([ada, bob])
    return room


@pytest.fixture
def secrets(ada: User) -> Room:
    room = Room.objects.create(name="secrets")
    room.members.add(ada)
    return room
