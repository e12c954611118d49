"""Everything that a reviewer asks of a gold set, as one plain value and one page."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from stance.bootstrap import Resampling
from stance.labeling.aggregation import HUMAN, is_machine
from stance.labeling.agreement import agreement
from stance.labeling.annotators import abilities, annotator_rows, over_time, people_units
from stance.labeling.items import Item
from stance.labeling.label_errors import Labelled, Suspect, contradictions, num_issues, rank_suspects
from stance.labeling.learning_curve import gain_of, learning_curve
from stance.labeling.ledger import ledger
from stance.labeling.probabilities import joined, out_of_fold
from stance.labeling.rule_table import rule_table
from stance.labeling.second_opinion import Embed, Evidence, second_opinion
from stance.labels import LabelScheme
from stance.records import Gold

Array = np.ndarray

TEMPLATE = "quality.html.j2"
SHOWN = 50
"""Rows of a list on the page; the files beside it have them all."""


@dataclass(frozen=True)
class Quality:
    """The figures of a gold set, and the full lists behind the page."""

    figures: Mapping[str, Any]
    suspects: Sequence[Suspect]
    contradictions: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Options:
    """What to work out; `next_labels` for the stopping estimate, `hourly_rate` of people in the unit of `cost`."""

    next_labels: int = 200
    hourly_rate: float | None = None
    resampling: Resampling = field(default_factory=Resampling)


def assess(
    gold: Sequence[Gold],
    items: Mapping[str, Item],
    scheme: LabelScheme,
    options: Options,
    opinions: Mapping[str, Sequence[float]] | None = None,
    embed: Embed | None = None,
) -> Quality:
    """The quality of `gold`; `opinions` (pair -> probabilities) replace the bag of words where they are given.

    They have to be out of fold: of a model that has not been trained on the pair's label. With `embed` an encoder and
    the machines' votes judge labels beside the bag of words.
    """
    article = {row.pair_id: items[row.pair_id].article for row in gold}
    units = people_units(gold, article)
    annotators = annotator_rows(units, scheme, options.resampling)
    human = [row for row in gold if row.source == HUMAN]
    rows = [_labelled(row, items[row.pair_id]) for row in human]
    votes = [{v.labeler: scheme.index(v.label) for v in row.votes if is_machine(v) and v.label} for row in human]
    suspects, twins, issues, gain = _check(rows, votes, scheme, options, opinions or {}, embed)
    figures = {
        "pairs": len(gold),
        "articles": len(set(article.values())),
        "by_source": dict(Counter(row.source for row in gold)),
        "by_label": {name: sum(row.label == name for row in human) for name in scheme.names},
        "agreement": agreement(units, scheme, options.resampling),
        "ceiling": float(np.mean([row["macro_f1"]["value"] for row in annotators])) if annotators else None,
        "annotators": annotators,
        "abilities": abilities((v for row in gold for v in row.votes if v.kind == HUMAN), scheme) if units else [],
        "over_time": over_time(gold),
        "rules": [asdict(row) for row in rule_table(gold)],
        "ledger": [asdict(row) for row in ledger(gold, options.hourly_rate)],
        "likely_errors": issues,
        "suspects": [asdict(row) for row in suspects[:SHOWN]],
        "contradictions": twins[:SHOWN],
        "num_contradictions": len(twins),
        "next_labels": gain,
    }
    return Quality(figures, suspects, twins)


def render_quality(figures: Mapping[str, Any], scheme: LabelScheme) -> str:
    """The page; a pure function of the figures."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("stance.labeling", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE).render(**figures, labels=scheme.names)


def _labelled(row: Gold, item: Item) -> Labelled:
    return Labelled(
        pair_id=row.pair_id,
        text=item.text,
        target=item.target,
        label=row.label,
        holder=row.holder,
        group=item.article,
        minimal_pair=item.minimal_pair,
    )


def _check(
    rows: Sequence[Labelled],
    votes: Sequence[Mapping[str, int]],
    scheme: LabelScheme,
    options: Options,
    opinions: Mapping[str, Sequence[float]],
    embed: Embed | None,
) -> tuple[list[Suspect], list[dict[str, Any]], int, dict[str, Any] | None]:
    """Suspects, contradictions, how many labels are likely wrong, the stopping estimate; empty for one article."""
    texts = joined([row.text for row in rows], [row.target for row in rows])
    labels = np.array([scheme.index(row.label) for row in rows])
    groups = [row.group for row in rows]
    twins = [
        {"first": first.text, "label": first.label, "second": second.text, "other_label": second.label}
        | {"target": first.target, "pairs": [first.pair_id, second.pair_id], "similarity": similarity}
        for first, second, similarity in contradictions(rows)
    ]
    if len(set(groups)) < 2:
        return [], twins, 0, None
    probabilities = out_of_fold(texts, labels, groups, len(scheme.names))
    if embed is not None:
        evidence = Evidence([row.text for row in rows], [row.target for row in rows], groups, votes)
        probabilities = second_opinion(probabilities, evidence, embed, labels, len(scheme.names))
    for i, row in enumerate(rows):
        if row.pair_id in opinions:
            probabilities[i] = opinions[row.pair_id]
    issues = num_issues(rows, probabilities, scheme)
    suspects = rank_suspects(rows, probabilities, scheme)
    try:
        curve = learning_curve(texts, labels, groups, len(scheme.names))
    except ValueError:
        return suspects, twins, issues, None
    found = gain_of(curve, options.next_labels, len(rows))
    points = [
        {"pairs": round(size), "macro_f1": float(score)}
        for size, score in zip(curve.sizes.tolist(), curve.scores.mean(axis=0).tolist(), strict=True)
    ]
    return suspects, twins, issues, {"text": str(found), "points": points, **asdict(found)}
