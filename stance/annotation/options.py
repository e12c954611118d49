"""The options of `stance annotate`, apart from what it does, so that `stance --help` loads neither."""

import argparse
from pathlib import Path

SUMMARY = "label pairs in the browser; --export writes the votes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("store", type=Path, help="SQLite file of the answers; made where it is missing, continued where it is there")
    add("-s", "--sentences", type=Path, help="output of ingest")
    add("-p", "--pairs", type=Path, help="JSONL of pairs or of a plan, or a folder with plan.jsonl or pairs.jsonl")
    add("-t", "--target", action="append", default=[], help="pair every sentence with it; may be given several times")
    add("--suggestions", type=Path, help="predictions or votes, shown to a coder after the coder's own answer")
    add("--labels", type=Path, help="labels.json of a label stage, or YAML as in configs/labels; default: ours")
    add("--guidelines", type=Path, help="Markdown shown beside the sentence; default: docs/annotation-guidelines.md")
    add("--port", type=int, default=8765, help="on 127.0.0.1; 0 takes a free one (default: 8765)")
    add("--no-browser", action="store_true", help="print the address, open nothing")
    add("--export", type=Path, metavar="FILE", help="write the votes of every coder as JSONL, and stop")
    add("--answers", choices=("blind", "final"), default="blind", help="before or after suggestions (default: blind)")
    add("--history", type=Path, metavar="FILE", help="write every answer ever given, undone ones too, and stop")


def run(options: argparse.Namespace) -> None:
    """What the options ask for; raises ConfigError and DataError."""
    from stance.annotation.command import run as annotate

    annotate(options)
