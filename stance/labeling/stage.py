"""Label: sentences and an annotations file -> pairs.jsonl, gold.jsonl, agreement.json, removed.jsonl."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from stance.bootstrap import Resampling
from stance.config import DataError, StageConfig
from stance.examples import LABELS
from stance.labeling.aggregation import aggregate
from stance.labeling.agreement import Unit, agreement
from stance.labeling.human import HumanLabels, anchor, read_annotations
from stance.labeling.rules import apply_rules
from stance.labels import LabelScheme
from stance.manifest import Manifest, build
from stance.records import Document, Pair, Removed, Sentence, Vote, pair_id
from stance.storage import read_records, write_json, write_records


class LabelConfig(StageConfig):
    """Human labels and rule votes in, gold out."""

    sentences: Path
    """Output of ingest."""
    annotations: Path
    """JSONL of human labels; see docs/annotations.md for the fields."""
    targets: tuple[str, ...] = ()
    """Targets to pair with every sentence that has no human label; only rules vote on these pairs."""
    scheme: LabelScheme
    """The labels; the group `labels` fills it."""


def label(config: LabelConfig, *, replace: bool = False) -> Manifest:
    """Anchor human labels to sentences, let the rules vote, aggregate to gold."""
    return build("label", config, _work, replace=replace)


def _work(config: LabelConfig, folder: Path) -> Mapping[str, int]:
    annotations = read_annotations(config.annotations, config.scheme)
    documents = list(read_records(config.sentences / "documents.jsonl", Document))
    sentences = {s.id: s for s in read_records(config.sentences / "sentences.jsonl", Sentence)}
    human = anchor(annotations, documents, sentences.values())
    proposed = _proposed(config.sentences / "proposals.jsonl")
    pairs = [*human.pairs, *_unlabelled(config.targets, proposed, human, sentences.values())]
    if not pairs:
        raise DataError(_nothing_labelled(config, human))
    gold = aggregate(_votes(pairs, human, sentences), config.scheme)
    decided = {row.pair_id for row in gold}
    undecided = [Removed(item=pair.id, reason="every labeler abstained") for pair in pairs if pair.id not in decided]
    write_records(folder / "pairs.jsonl", (pair for pair in pairs if pair.id in decided))
    write_records(folder / "gold.jsonl", gold)
    write_records(folder / "removed.jsonl", [*human.removed, *undecided])
    write_json(folder / LABELS, config.scheme.model_dump(mode="json"))
    units = _double_labelled(human, sentences)
    write_json(folder / "agreement.json", agreement(units, config.scheme, Resampling()))
    labelled = {pair.sentence_id for pair in human.pairs}
    return {
        "annotations": len(annotations),
        "unlabelled_pairs": len(pairs) - len(human.pairs),
        "gold": len(gold),
        "double_labelled": len(units),
        "removed": len(human.removed) + len(undecided),
        "sentences_without_label": len(sentences) - len(labelled),
    }


def _proposed(path: Path) -> dict[str, Pair]:
    """Sentence id -> the pair that ingest proposed for it, where it was asked to."""
    return {pair.sentence_id: pair for pair in read_records(path, Pair)} if path.is_file() else {}


def _unlabelled(
    targets: tuple[str, ...], proposed: Mapping[str, Pair], human: HumanLabels, sentences: Iterable[Sentence]
) -> Iterator[Pair]:
    labelled = {pair.sentence_id for pair in human.pairs}
    for sentence in sentences:
        if sentence.id not in labelled:
            for target in targets:
                yield Pair(id=pair_id(sentence.id, target), sentence_id=sentence.id, target=target)
            if sentence.id in proposed and proposed[sentence.id].target not in targets:
                yield proposed[sentence.id]


def _votes(pairs: list[Pair], human: HumanLabels, sentences: Mapping[str, Sentence]) -> Iterator[Vote]:
    by_pair: dict[str, list[Vote]] = {}
    for vote in human.votes:
        by_pair.setdefault(vote.pair_id, []).append(vote)
    for pair in pairs:
        yield from by_pair.get(pair.id, ())
        yield from apply_rules(sentences[pair.sentence_id], pair)


def _double_labelled(human: HumanLabels, sentences: Mapping[str, Sentence]) -> list[Unit]:
    """The pairs that at least two people answered, adjudicated answers left out; grouped by article."""
    answers: dict[str, dict[str, str]] = {}
    for vote in human.votes:
        if vote.kind == "human" and vote.label is not None:
            answers.setdefault(vote.pair_id, {})[vote.labeler] = vote.label
    article = {pair.id: sentences[pair.sentence_id].document_id for pair in human.pairs}
    return [Unit(labels, article[pair]) for pair, labels in answers.items() if len(labels) > 1]


def _nothing_labelled(config: LabelConfig, human: HumanLabels) -> str:
    shown = "; ".join(f"{row.reason} ({row.detail[:80]})" for row in human.removed[:3])
    return (
        f"{config.annotations}: none of its rows could be placed on a sentence of {config.sentences}"
        f"{f': {shown}' if shown else ''}; check that the articles are the annotated ones, "
        "or give label.targets, or ingest.propose_targets=true"
    )
