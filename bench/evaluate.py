"""Evaluation against its bars: `make bench-evaluate`."""

import importlib
import importlib.util

from bench.evaluate_core import rows
from bench.table import print_table


def main() -> None:
    """Print the rows of the core, and of the probes where they are built."""
    found = rows()
    if importlib.util.find_spec("bench.evaluate_probe") is not None:
        found += importlib.import_module("bench.evaluate_probe").rows()
    print_table("Evaluation", found)


if __name__ == "__main__":
    main()
