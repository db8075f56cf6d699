"""The options of `ws_sync`, and which of them exclude each other."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

FLAGS = {
    "--prune": "Also delete published routes that the code no longer has.",
    "--adopt": (
        "Take over existing routes and domain mappings that were not created by"
        " wsrouter but have the same key as yours."
    ),
    "--deep": "Also compare every route response. This takes one AWS call per route.",
    "--no-input": "Make the changes without asking for confirmation.",
    "--allow-dangerous": (
        "With --no-input: also make changes that the plan marks as dangerous."
    ),
    "--strict": (
        "With --check: routes that the code no longer has, and what is not wsrouter's,"
        " are a difference, too."
    ),
    "--json": "Print the plan as JSON; progress goes to standard error.",
    "--destroy": ("Delete from AWS what ws_sync published. With --plan, only show it."),
}
TEXTS = {
    "--endpoint-url": "The URL of the API Gateway control plane, for emulators of AWS.",
    "--region": "The AWS Region, in place of REGION in the settings.",
    "--profile": "The AWS profile for credentials, in place of AWS_PROFILE.",
}
_OF_THE_PLAN = ("prune", "adopt", "deep", "remove_integration")
"""Options that a saved plan has of its own."""


def add_options(parser: ArgumentParser) -> None:
    """Declare every option of the command."""
    parser.add_argument(
        "--gateway",
        default="default",
        help="Which entry (alias) of the WSROUTER setting to publish.",
    )
    _add_modes(parser)
    parser.add_argument(
        "--out",
        metavar="FILE",
        default="",
        help="Save the plan for --apply, readable for you only; change nothing.",
    )
    parser.add_argument(
        "--remove-integration",
        metavar="ID",
        action="append",
        default=[],
        help="Delete an integration that the plan lists as unused; may be repeated.",
    )
    for flag, text in FLAGS.items():
        parser.add_argument(flag, action="store_true", help=text)
    for option, text in TEXTS.items():
        parser.add_argument(option, default="", help=text)


def _add_modes(parser: ArgumentParser) -> None:
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument(
        "--plan",
        action="store_true",
        help="Show what would change, and change nothing.",
    )
    modes.add_argument(
        "--check",
        action="store_true",
        help=(
            "Change nothing; exit with code 2 if the API differs from the code, 0 if it"
            " does not, and 1 on any error."
        ),
    )
    modes.add_argument(
        "--apply",
        metavar="FILE",
        default="",
        help="Carry out the plan that --out saved, or refuse if it no longer holds.",
    )


def writes(options: dict[str, Any]) -> bool:
    """Whether the command changes anything on AWS."""
    return not (options["plan"] or options["check"] or options["out"])


def wrong_combinations(options: dict[str, Any]) -> Iterator[str]:
    """One sentence for each combination of options that makes no sense."""
    if options["destroy"] and options["check"]:
        yield "--destroy can be combined with --plan, not with --check."
    if options["destroy"] and (options["out"] or options["apply"]):
        yield "--destroy cannot be saved, so it takes neither --out nor --apply."
    if options["destroy"] and options["remove_integration"]:
        yield "--remove-integration cannot be combined with --destroy."
    if options["strict"] and not options["check"]:
        yield "--strict can only be combined with --check."
    if options["apply"] and options["out"]:
        yield "--apply carries a plan out and --out saves one: choose one of them."
    for name in _OF_THE_PLAN if options["apply"] else ():
        if options[name]:
            flag = name.replace("_", "-")
            yield f"--{flag} belongs to --out: a saved plan has its own options."
