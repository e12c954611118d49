"""Stand-off labels and your own copies of the articles -> an annotations file for label."""

import argparse
import sys
from pathlib import Path

from stance.config import ConfigError, DataError
from stance.ingest.exchange import rehydrate_labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("standoff", type=Path, help="labels without text (.jsonld or .jsonl), e.g. of data/standoff")
    parser.add_argument("articles", type=Path, help="your copies: a file or folder of any type that ingest reads")
    parser.add_argument("output", type=Path, help="annotations file to write; what could not be placed goes beside it")
    arguments = parser.parse_args()
    if missing := [path for path in (arguments.standoff, arguments.articles) if not path.exists()]:
        parser.error("; ".join(f"{path} does not exist" for path in missing))
    try:
        counts = rehydrate_labels(arguments.standoff, arguments.articles, arguments.output)
    except (ConfigError, DataError, OSError) as error:
        sys.exit(str(error))
    print("rehydrate:", ", ".join(f"{count} {name}" for name, count in counts.items()), "->", arguments.output)


if __name__ == "__main__":
    main()
