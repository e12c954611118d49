"""Labels of articles that may not be passed on -> a file without their text, for others to rehydrate."""

import argparse
import sys
from pathlib import Path

from stance.config import ConfigError, DataError
from stance.ingest.exchange import publish_labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sentences", type=Path, help="output of ingest")
    parser.add_argument("labels", type=Path, help="output of label")
    parser.add_argument("output", type=Path, help="file to write: .jsonld for W3C Web Annotations, or .jsonl")
    parser.add_argument("articles", nargs="*", help="names of the articles; all where none is given")
    arguments = parser.parse_args()
    if missing := [path for path in (arguments.sentences, arguments.labels) if not path.is_dir()]:
        parser.error("; ".join(f"{path} is no folder" for path in missing))
    try:
        count = publish_labels(arguments.sentences, arguments.labels, arguments.output, arguments.articles)
    except (ConfigError, DataError, OSError) as error:
        sys.exit(str(error))
    print(f"publish: {count} labels -> {arguments.output}")


if __name__ == "__main__":
    main()
