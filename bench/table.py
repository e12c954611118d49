"""One table for every bench: what was measured, the bar, how, and whether it holds."""

import argparse
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One bar; `ok` is None for a figure that is reported but has no bar."""

    what: str
    bar: str
    measured: str
    how: str
    ok: bool | None = None


def one_of(parts: Collection[str]) -> Callable[[str], str]:
    """For argparse, as the type of the names of parts (its `choices` refuse an empty list)."""

    def check(given: str) -> str:
        if given not in parts:
            raise argparse.ArgumentTypeError(f"no such part: {given}; expected {', '.join(parts)}")
        return given

    return check


def print_table(title: str, rows: Sequence[Row]) -> None:
    """Print the rows as a Markdown table to standard output; exit with status 1 when a bar falls short."""
    verdicts = {True: "yes", False: "NO", None: "reported"}
    print(f"## {title}\n\n| what | bar | measured | how measured | ok |\n| --- | --- | --- | --- | --- |")
    for row in rows:
        print(f"| {row.what} | {row.bar} | {row.measured} | {row.how} | {verdicts[row.ok]} |")
    # Not `is False`: numpy has a False of its own.
    short = [row.what for row in rows if row.ok is not None and not row.ok]
    if short:
        print(f"\n{len(short)} of {len(rows)} fall short: {'; '.join(short)}", file=sys.stderr)
        sys.exit(1)
