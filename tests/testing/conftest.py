"""The router that the kit's tests talk to; afterwards nothing of the kit is left."""

from tests.django.conftest import talking as talking
from tests.django.conftest import user as user
