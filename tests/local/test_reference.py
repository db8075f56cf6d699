"""The reference names every option and every value of every switch."""

import re
from pathlib import Path

import pytest
from django.core.management import load_command_class

from wsrouter.local.rules.switches import SWITCHES, Switch

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "ws_local.md"


@pytest.mark.parametrize("switch", SWITCHES.values(), ids=lambda switch: switch.name)
def test_a_switch_is_documented(switch: Switch) -> None:
    [values] = re.findall(rf"^\| `{switch.name}` \| (.+?) \|", PAGE.read_text(), re.M)
    expected = [switch.default, *switch.choices]
    expected += [] if switch.choices else [switch.strict]
    named = [str(value) for value in dict.fromkeys(expected)]
    assert re.findall(r"`(.+?)`", values) == named
    assert re.findall(r"\*\*`(.+?)`\*\*", values) == [str(switch.strict)]


def test_every_option_is_documented() -> None:
    parser = load_command_class("wsrouter", "ws_local").create_parser("manage.py", "")
    django = load_command_class("django.core", "check").create_parser("manage.py", "")
    known = set(django._option_string_actions)
    page = PAGE.read_text()
    for option, action in parser._option_string_actions.items():
        if option not in known and action.help != "==SUPPRESS==":
            assert f"`{option}" in page or f"{option}`" in page, option
