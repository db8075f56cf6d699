"""The URLs of the site, and the rival with as little to do as it allows."""

from tests.benchmarks.site import settings
from tests.benchmarks.site.urls import path, urlpatterns

if settings.HAS_RIVAL:
    from tests.benchmarks.site.rival_view import Rival

    class LeastRival(Rival):
        """Neither asks for a token nor counts attempts."""

        USE_WS_TOKEN = False
        RATE_LIMIT_ENABLED = False

    urlpatterns = [
        *urlpatterns,
        path("least/<slug:route>/", LeastRival.as_view()),
    ]
