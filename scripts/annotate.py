"""Sentences x targets -> labels that people give in the browser; --export writes the votes."""

import argparse
import sys

from stance.annotation.options import add_arguments, run
from stance.config import ConfigError, DataError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    try:
        run(parser.parse_args())
    except ConfigError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except (DataError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
