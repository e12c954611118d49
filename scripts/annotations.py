"""Around the label stage: plan a queue for coders, exchange labels with their tools, adjudicate, judge the quality."""

import argparse
import logging
import sys
from pathlib import Path

from stance.config import ConfigError, DataError
from stance.labeling.commands import (
    QueueRequest,
    export_disagreements,
    export_labels,
    import_votes,
    make_queue,
    write_quality,
)
from stance.labeling.exchange import FORMATS
from stance.labeling.quality import Options
from stance.model.pretrained import EMBEDDED


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    plan = _command(commands, "plan-queue", _plan, "blind queues for several coders, part of each drawn at random")
    plan.add_argument("--coder", action="append", required=True, help="a coder's name; once for each")
    plan.add_argument("--size", type=int, required=True, help="how many pairs")
    plan.add_argument("--target", action="append", default=[], help="ask this of every sentence; may be repeated")
    plan.add_argument("--pairs", type=Path, action="append", default=[], help="JSONL of pairs to choose from")
    plan.add_argument("--random-share", type=float, help="drawn at random (default: 0.3; a test set: 1)")
    plan.add_argument("--coders-per-item", type=int, default=2, help="default: 2")
    plan.add_argument(
        "--purpose", choices=("train", "test"), default="train", help="a test set is drawn at random only"
    )
    plan.add_argument("--seed", type=int, default=0)
    _format(plan)

    export = _command(commands, "export", _export, "labelled pairs as a file for a labelling tool")
    export.add_argument("--votes", choices=("none", "people", "all"), default="people", help="default: people")
    _format(export)

    adjudicate = _command(commands, "adjudicate", _adjudicate, "the pairs on which coders differ, for one who decides")
    _format(adjudicate)

    bring = commands.add_parser("import", help="a tool's export as votes for label.votes")
    bring.set_defaults(run=_import)
    bring.add_argument("files", nargs="+", type=Path)
    bring.add_argument("--output", type=Path, required=True, help="folder for votes.jsonl and pairs.jsonl")
    bring.add_argument("--kind", choices=("human", "adjudicated"), help="what all the answers are")
    bring.add_argument("--guidelines", help="version of the guidelines, where a vote names none")
    _format(bring)

    quality = _command(
        commands, "quality", _quality, "agreement, cost, likely errors, rules, what more labels would buy"
    )
    quality.add_argument("--predictions", type=Path, help="out-of-fold predictions of a model (JSONL)")
    quality.add_argument("--encoder", help=f"judge labels by it too: {EMBEDDED}, a folder, a cached hub id")
    quality.add_argument("--hourly-rate", type=float, help="what an hour of a coder costs")
    quality.add_argument("--next", type=int, default=200, help="labels that you could afford next (default: 200)")

    options = parser.parse_args()
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    try:
        options.run(options)
    except ConfigError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except (DataError, OSError) as error:
        sys.exit(str(error))


def _command(commands: argparse._SubParsersAction, name: str, run: object, text: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text)
    parser.set_defaults(run=run)
    parser.add_argument("--sentences", type=Path, required=True, help="output of ingest")
    parser.add_argument("--labels", type=Path, required=True, help="output of label")
    parser.add_argument("--output", type=Path, required=True, help="file or folder to write")
    return parser


def _format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=tuple(FORMATS), default="label-studio", help="default: label-studio")


def _plan(options: argparse.Namespace) -> None:
    share = options.random_share
    if share is None:
        share = 1.0 if options.purpose == "test" else QueueRequest.random_share
    request = QueueRequest(
        coders=options.coder,
        size=options.size,
        pairs=options.pairs,
        targets=options.target,
        random_share=share,
        coders_per_item=options.coders_per_item,
        purpose=options.purpose,
        seed=options.seed,
        format=options.format,
    )
    print(make_queue(options.sentences, options.labels, options.output, request), "->", options.output)


def _export(options: argparse.Namespace) -> None:
    count = export_labels(options.sentences, options.labels, options.output, options.format, options.votes)
    print(f"export: {count} pairs -> {options.output}")


def _adjudicate(options: argparse.Namespace) -> None:
    count = export_disagreements(options.sentences, options.labels, options.output, options.format)
    print(f"adjudicate: {count} pairs -> {options.output}; then import them with --kind adjudicated")


def _import(options: argparse.Namespace) -> None:
    counts = import_votes(options.files, options.output, options.format, options.kind, options.guidelines)
    print("import:", ", ".join(f"{count} {name}" for name, count in counts.items()), "->", options.output)


def _quality(options: argparse.Namespace) -> None:
    wanted = Options(next_labels=options.next, hourly_rate=options.hourly_rate)
    counts = write_quality(
        options.sentences, options.labels, options.output, wanted, options.predictions, options.encoder
    )
    print("quality:", ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items()), end=" ")
    print("->", options.output / "quality.html")


if __name__ == "__main__":
    main()
