"""Sample: predictions -> queue.jsonl. Findings: predictions and labels -> findings.html, .json, CSV, LaTeX."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field, field_validator

from stance.analysis.opinions import Opinion, join
from stance.analysis.periods import Event, Unit, read_events
from stance.analysis.queue import Queued, answered, make_queue
from stance.config import DataError, StageConfig
from stance.examples import read_scheme
from stance.labels import LabelScheme
from stance.manifest import Manifest, build, read_manifest
from stance.records import Copy, Document, Gold, Pair, Prediction, Removed, Sentence
from stance.storage import atomic_file, read_json, read_records, write_json, write_records

if TYPE_CHECKING:
    from stance.analysis.how_much import Rows

QUEUE, PREDICTIONS, REMOVED = "queue.jsonl", "predictions.jsonl", "removed.jsonl"


class SampleConfig(StageConfig):
    """Predictions in, an annotation queue with inclusion probabilities out."""

    sentences: Path
    """Output of ingest."""
    predictions: Path
    """Output of survey."""
    size: Annotated[int, Field(ge=2)] = 400
    """Pairs to label."""
    at_least: Annotated[int, Field(ge=0)] = 30
    """Of each answer of the classifier, however rare."""
    answers: Path | None = None
    """Labels known already, filled in where their pair is drawn: an earlier queue, or gold.jsonl of label."""
    seed: int = 0
    """Decides the draw; a larger sample with the same seed contains the smaller one."""


class FindingsConfig(StageConfig):
    """Predictions over a corpus in, a report of who stands where, how much and since when out."""

    sentences: Path
    """Output of ingest."""
    predictions: Path
    """Output of survey."""
    gold: Path | None = None
    """Output of sample, or its queue.jsonl with labels filled in; null leaves all shares uncorrected."""
    events: Path | None = None
    """CSV with the columns date, label and optionally group, marked on the timelines."""
    title: str = "Who supports intervention, who opposes it"
    """Of the report."""
    notes: tuple[str, ...] = ()
    """What readers must know of these articles; the first of the limits."""
    groups: tuple[str, ...] = ("country", "intervener", "outlet", "genre")
    """Groups: target, intervener, country, outlet, genre, conflict, holder, author, language, year."""
    timeline_by: str = "intervener"
    """Which groups have a timeline of their own."""
    period: Unit = "month"
    """Length of a timeline's periods: month, quarter, year, decade."""
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Of the intervals."""
    min_gold: Annotated[int, Field(ge=2)] = 30
    """Gold labels that a group needs to be corrected by its own."""
    min_rows: Annotated[int, Field(ge=2)] = 30
    """Opinions that a group needs to be shown."""
    max_groups: Annotated[int, Field(ge=1)] = 20
    """Groups shown of each kind, the largest first."""
    max_panels: Annotated[int, Field(ge=1)] = 6
    """Timelines shown."""
    evidence: Annotated[int, Field(ge=1)] = 200
    """Sentences kept on the page for each figure, the most decided first; evidence.csv has all."""
    shuffles: Annotated[int, Field(ge=99)] = 999
    """Shuffled series behind each change point."""
    seed: int = 0
    """Decides the shuffles."""

    @field_validator("groups", "timeline_by")
    @classmethod
    def _known(cls, value: Any) -> Any:
        from stance.analysis.groups import GROUPINGS

        unknown = {value} - set(GROUPINGS) if isinstance(value, str) else set(value) - set(GROUPINGS)
        if unknown:
            raise ValueError(f"no grouping {', '.join(sorted(unknown))}; expected some of {', '.join(GROUPINGS)}")
        return value


def sample(config: SampleConfig, *, replace: bool = False) -> Manifest:
    """Draw the pairs that people are to label."""
    return build("sample", config, _draw, replace=replace)


def findings(config: FindingsConfig, *, replace: bool = False) -> Manifest:
    """Write the report."""
    return build("findings", config, _report, replace=replace)


def _draw(config: SampleConfig, folder: Path) -> Mapping[str, int]:
    predictions = list(read_records(config.predictions / PREDICTIONS, Prediction))
    sentences = {row.id: row for row in read_records(config.sentences / "sentences.jsonl", Sentence)}
    articles = {row.id: row.name for row in read_records(config.sentences / "documents.jsonl", Document)}
    known = {} if config.answers is None else _known_labels(config.answers)
    queue = make_queue(
        predictions, sentences, articles, known, size=config.size, at_least=config.at_least, seed=config.seed
    )
    write_records(folder / QUEUE, queue)
    return {
        "predictions": len(predictions),
        "drawn": len(queue),
        "labelled": sum(row.label is not None for row in queue),
    }


def _known_labels(path: Path) -> dict[str, str]:
    """Pair id -> label, of what people answered."""
    if path.is_dir():
        path = path / ("gold.jsonl" if (path / "gold.jsonl").exists() else QUEUE)
    if path.name == "gold.jsonl":
        return {row.pair_id: row.label for row in read_records(path, Gold) if row.source == "human"}
    return {row.id: row.label for row in read_records(path, Queued) if row.label is not None}


def _report(config: FindingsConfig, folder: Path) -> Mapping[str, int]:
    from stance.analysis.attribution import attribute
    from stance.analysis.clusters import stories
    from stance.analysis.flow import methods
    from stance.analysis.limits import limits
    from stance.analysis.matrix import matrix
    from stance.analysis.matrix_page import matrix_html
    from stance.analysis.methods import methods_text
    from stance.analysis.network import graphml, matrix_csv, write_parquet
    from stance.analysis.page import render_page
    from stance.analysis.report import make_findings
    from stance.analysis.tables import as_csv, as_latex, change_rows, share_rows, timeline_rows
    from stance.analysis.wishes import Wishes

    scheme = read_scheme(config.predictions)
    predictions = list(read_records(config.predictions / PREDICTIONS, Prediction))
    documents = {row.id: row for row in read_records(config.sentences / "documents.jsonl", Document)}
    pairs = {row.id: row for row in read_records(config.predictions / "pairs.jsonl", Pair)}
    opinions, unjoined = join(predictions, pairs, documents)
    if not opinions:
        raise DataError(
            f"{config.predictions}: no prediction is for an article in {config.sentences}; run survey again"
        )
    copies = [(c.document, c.copy_of) for c in read_records(config.sentences / "duplicates.jsonl", Copy)]
    clusters = stories([opinion.document_id for opinion in opinions], copies)
    sentences = read_records(config.sentences / "sentences.jsonl", Sentence)
    opinions = attribute(opinions, documents, sentences, [str(number) for number in clusters])
    cells = matrix(opinions)
    queue = [] if config.gold is None else list(read_records(_queue_file(config.gold), Queued))
    gold, ungold = answered(queue, [opinion.id for opinion in opinions], scheme)
    rows = _rows(opinions, gold, scheme, clusters)
    wishes = Wishes(**{name: getattr(config, name) for name in Wishes.__dataclass_fields__})
    shares_file = config.predictions / "trained_shares.json"
    trained_on = read_json(shares_file) if shares_file.exists() else None
    made = make_findings(opinions, rows, scheme, _events(config.events), wishes, trained_on)
    manifests = _manifests(config)
    made |= {
        "title": config.title,
        "shuffles": config.shuffles,
        "flow": _flow(config, manifests, len(predictions), len(opinions), unjoined),
        "drawn": len(queue),
        "methods": methods(manifests),
    }
    made["limits"] = limits(made, config.notes)
    made["methods_text"] = methods_text(made, manifests)
    made["footer"] = " · ".join(f"{name} {manifest.key[:12]}" for name, manifest in manifests.items())
    write_json(folder / "findings.json", made)
    tables = {
        "findings.html": render_page(made, matrix_html(cells)),
        "matrix.csv": matrix_csv(cells),
        "network.graphml": graphml(cells),
        "shares.csv": as_csv(share_rows(made)),
        "timeline.csv": as_csv(timeline_rows(made)),
        "changes.csv": as_csv(change_rows(made)),
        "evidence.csv": as_csv(_evidence_rows(opinions, gold, scheme)),
        "shares.tex": as_latex(made),
    }
    for name, text in tables.items():
        with atomic_file(folder / name) as file:
            file.write(text)
    write_parquet(cells, folder / "matrix.parquet")
    write_records(folder / REMOVED, [*unjoined, *ungold])
    return {
        "predictions": len(predictions),
        "opinions": len(opinions),
        "removed": len(unjoined),
        "gold": len(gold),
        "groups": sum(len(kind["groups"]) for kind in made["groups"].values()),
        "changes": sum(len(panel["changes"]) for panel in made["timeline"]["panels"]),
    }


def _queue_file(path: Path) -> Path:
    return path / QUEUE if path.is_dir() else path


def _events(path: Path | None) -> list[Event]:
    if path is None:
        return []
    try:
        return read_events(path.read_text(encoding="utf-8").splitlines(), str(path))
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start})") from None


def _rows(opinions: Sequence[Opinion], gold: Mapping[str, Queued], scheme: LabelScheme, clusters: np.ndarray) -> "Rows":
    from stance.analysis.how_much import Rows
    from stance.analysis.shares import one_hot

    labelled = [gold.get(opinion.id) for opinion in opinions]
    return Rows(
        np.array([[opinion.probabilities[name] for name in scheme.names] for opinion in opinions]),
        one_hot([row.label if row else None for row in labelled], scheme.names),
        np.array([row is not None for row in labelled], dtype=bool),
        np.array([row.inclusion if row else 0.0 for row in labelled]),
        clusters,
    )


def _manifests(config: FindingsConfig) -> dict[str, Manifest]:
    """Of the stages that led here, as far as their folders have one."""
    folders = {"ingest": config.sentences, "survey": config.predictions, "sample": config.gold}
    found = {name: read_manifest(folder) for name, folder in folders.items() if folder is not None and folder.is_dir()}
    return {name: manifest for name, manifest in found.items() if manifest is not None}


def _flow(
    config: FindingsConfig,
    manifests: Mapping[str, Manifest],
    predictions: int,
    opinions: int,
    unjoined: Sequence[Removed],
) -> list[dict[str, Any]]:
    from stance.analysis.flow import step

    steps = []
    if "ingest" in manifests:
        counts = manifests["ingest"].counts
        documents = {row.id for row in read_records(config.sentences / "documents.jsonl", Document)}
        removed = list(read_records(config.sentences / REMOVED, Removed))
        of_articles = [row for row in removed if row.item.partition(":")[0] not in documents]
        of_sentences = [row for row in removed if row.item.partition(":")[0] in documents]
        steps.append(step("articles", counts["articles"], counts["documents"], of_articles, "m-ingest"))
        total = counts["sentences"] + len(of_sentences)
        steps.append(step("sentences", total, counts["sentences"], of_sentences, "m-ingest"))
    if "survey" in manifests:
        removed = list(read_records(config.predictions / REMOVED, Removed))
        arrived = predictions + len(removed)
        steps.append(step("sentences with a target", arrived, predictions, removed, "m-survey"))
    if unjoined or not steps:
        steps.append(step("predictions", predictions, opinions, unjoined, "all-0"))
    return steps


def _evidence_rows(
    opinions: Sequence[Opinion], gold: Mapping[str, Queued], scheme: LabelScheme
) -> list[dict[str, Any]]:
    """One row an opinion, with everything that it could be grouped by."""
    from stance.analysis.groups import GROUPINGS, group_of, sentence_of

    rows = []
    for number, opinion in enumerate(opinions):
        labelled = gold.get(opinion.id)
        row = sentence_of(opinion, number, labelled.label if labelled else None)
        row |= {kind: group_of(opinion, kind) for kind in GROUPINGS}
        row |= {f"p_{name}": opinion.probabilities[name] for name in scheme.names}
        rows.append(row | {"inclusion": labelled.inclusion if labelled else None})
    return rows
