"""The reaper of tests/faults, which may also find no cache and no broker."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.chaos.site.settings")

from tests.faults.site import reap

if __name__ == "__main__":
    reap.run_forever(checks=2000, rate=25, may_fail=(Exception,))
