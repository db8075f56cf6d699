"""What a server forgot although it was told, noted in the stage's description.

AWS keeps everything, so no note is ever written there. Some emulators drop a route's
response selection and a stage's deployment: without a note they would never be in sync.
"""

import re
from dataclasses import dataclass

_TEXT = re.compile(r"^wsrouter note:( one-way)?(?: deployment=(\S+))?$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """`two_way`: routes do not show it. `deployment_id`: the stage does not show it."""

    two_way: bool = False
    deployment_id: str = ""

    def __str__(self) -> str:
        two_way = " one-way" if self.two_way else ""
        deployment = f" deployment={self.deployment_id}" if self.deployment_id else ""
        return f"wsrouter note:{two_way}{deployment}"

    def __bool__(self) -> bool:
        return self.two_way or bool(self.deployment_id)

    @classmethod
    def parse(cls, description: str) -> "Note":
        """Read a stage's Description; an empty note when it is not one of ours."""
        found = _TEXT.match(description)
        if not found:
            return cls()
        return cls(two_way=bool(found[1]), deployment_id=found[2] or "")
