"""Evaluation against its bars: `make bench-evaluate`; about 8 minutes on two quiet cores.

`python -m bench.evaluate core` or `probe` measures one half.
"""

import sys

from bench import evaluate_core, evaluate_probe
from bench.table import print_table

PARTS = {"core": evaluate_core.rows, "probe": evaluate_probe.rows}


def main() -> None:
    """Print the rows of the core and of the probes, or of the parts that were asked for."""
    asked = sys.argv[1:] or list(PARTS)
    if unknown := set(asked) - set(PARTS):
        print(f"{', '.join(sorted(unknown))}: expected some of {', '.join(PARTS)}", file=sys.stderr)
        sys.exit(2)
    print_table("Evaluation", [row for name in asked for row in PARTS[name]()])


if __name__ == "__main__":
    main()
