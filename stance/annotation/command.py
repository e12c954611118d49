"""`stance annotate` and `python scripts/annotate.py`: open the page, or write the votes of a store."""

import argparse
import contextlib
import json
import logging
import sys
import webbrowser
from pathlib import Path
from typing import Any

from stance.annotation.queue import Queue, read_queue
from stance.annotation.store import Store
from stance.annotation.votes import votes
from stance.config import Config, ConfigError, DataError
from stance.labels import LabelScheme
from stance.storage import read_json, write_records
from stance.web.listening import listen

ADDRESS = "127.0.0.1"
CHECKOUT = Path(__file__).parent.parent.parent
GUIDELINES = CHECKOUT / "docs" / "annotation-guidelines.md"
SCHEME = CHECKOUT / "configs" / "labels" / "foreign_intervention.yaml"


class AnnotateConfig(Config):
    """What is labelled, and where the answers go."""

    store: Path
    """SQLite file of the answers; made where it is missing, continued where it is there."""
    sentences: Path
    """Output of ingest."""
    pairs: Path | None = None
    """JSONL of pairs or of a plan (pair_id, coders), or a folder with plan.jsonl or pairs.jsonl."""
    targets: tuple[str, ...] = ()
    """Targets with which every sentence is paired."""
    suggestions: Path | None = None
    """Predictions or votes, shown to a coder after the coder's own answer."""
    scheme: LabelScheme
    """The labels."""
    guidelines: Path | None = None
    """Markdown shown beside the sentence."""
    port: int = 8765
    """Port on 127.0.0.1; 0 takes a free one."""


def run(options: argparse.Namespace) -> None:
    """What the options ask for; raises ConfigError and DataError."""
    if options.export or options.history:
        _export(options)
        return
    config = _config(options)
    queue = read_queue(config.sentences, config.pairs, config.targets, config.suggestions)
    for row in queue.removed[:3]:
        _say(f"left out {row.item}: {row.reason} ({row.detail})")
    with Store(config.store) as store:
        serve(config, queue, store, open_browser=not options.no_browser)


def serve(config: AnnotateConfig, queue: Queue, store: Store, *, open_browser: bool) -> None:
    """Answer on 127.0.0.1 until interrupted; raises ConfigError where the port is taken."""
    import uvicorn

    from stance.annotation.app import Project, make_app

    text = config.guidelines.read_text(encoding="utf-8") if config.guidelines else ""
    app = make_app(Project(queue, config.scheme, text, store))
    with listen(ADDRESS, config.port, "annotate") as (listening, address):
        left_out = f", {len(queue.removed)} left out" if queue.removed else ""
        _say(f"annotate: {len(queue.items)} pairs{left_out}, answers in {config.store}; Ctrl-C stops\n{address}")
        if open_browser:
            webbrowser.open(address)
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False))
        with contextlib.suppress(KeyboardInterrupt):  # how the page is stopped
            server.run(sockets=[listening])


def _config(options: argparse.Namespace) -> AnnotateConfig:
    if options.sentences is None:
        raise ConfigError("annotate: --sentences is required: the folder that `stance ingest` wrote")
    given = {"--sentences": options.sentences, "--pairs": options.pairs, "--suggestions": options.suggestions}
    given |= {"--labels": options.labels, "--guidelines": options.guidelines}
    if missing := [
        f"annotate: {name} {path} does not exist" for name, path in given.items() if path and not path.exists()
    ]:
        raise ConfigError("\n".join(missing))
    return AnnotateConfig(
        store=options.store,
        sentences=options.sentences,
        pairs=options.pairs,
        targets=tuple(options.target),
        suggestions=options.suggestions,
        scheme=_scheme(options.labels, options.pairs),
        guidelines=options.guidelines or (GUIDELINES if GUIDELINES.is_file() else None),
        port=options.port,
    )


def _scheme(given: Path | None, pairs: Path | None) -> LabelScheme:
    beside = [pairs / "labels.json", pairs.parent / "labels.json"] if pairs else []
    path = given or next((path for path in (*beside, SCHEME) if path.is_file()), None)
    if path is None:
        raise ConfigError("annotate: --labels is required here: labels.json of a label stage, or YAML")
    values = read_json(path) if path.suffix == ".json" else _yaml(path)
    try:
        return LabelScheme.model_validate_json(json.dumps(values))
    except ValueError as error:
        raise DataError(f"{path}: not a label scheme: {error}") from None


def _yaml(path: Path) -> Any:
    import yaml

    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _export(options: argparse.Namespace) -> None:
    with Store(options.store, create=False) as store:
        history = store.history()
    if options.export:
        count = write_records(options.export, votes(history, options.answers))
        _say(f"annotate: {count} votes ({options.answers}) -> {options.export}")
    if options.history:
        _say(f"annotate: {write_records(options.history, history)} answers -> {options.history}")


def _say(text: str) -> None:
    print(text, file=sys.stdout, flush=True)  # noqa: T201
