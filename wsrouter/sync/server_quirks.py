"""What a server does not show of what was written, remembered in the stage's
Description.

AWS shows everything, so nothing is ever written there. Some emulators drop a route's
response selection and a stage's deployment: without this memory they would never be in
sync.
"""

import re
from dataclasses import dataclass

_TEXT = re.compile(r"^wsrouter note:( one-way)?(?: deployment=(\S+))?$")


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerQuirks:
    """`hides_two_way`: routes do not show that they are two-way. `deployment_id`: the
    deployment that the stage has and does not show."""

    hides_two_way: bool = False
    deployment_id: str = ""

    def __str__(self) -> str:
        two_way = " one-way" if self.hides_two_way else ""
        deployment = f" deployment={self.deployment_id}" if self.deployment_id else ""
        return f"wsrouter note:{two_way}{deployment}"

    def __bool__(self) -> bool:
        return self.hides_two_way or bool(self.deployment_id)

    @classmethod
    def parse(cls, description: str) -> "ServerQuirks":
        """Read a stage's Description; any other text means no quirks."""
        match = _TEXT.match(description)
        if not match:
            return cls()
        return cls(hides_two_way=bool(match[1]), deployment_id=match[2] or "")
