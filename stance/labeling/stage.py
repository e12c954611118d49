"""Label: sentences, annotations and votes -> pairs.jsonl, gold.jsonl, sources.json, agreement.json, removed.jsonl."""

import shutil
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from stance.bootstrap import Resampling
from stance.config import DataError
from stance.examples import LABELS
from stance.labeling.aggregation import aggregate
from stance.labeling.agreement import agreement
from stance.labeling.annotators import people_units
from stance.labeling.gathering import gather_votes, join_pairs
from stance.labeling.human import HumanLabels, anchor, read_annotations
from stance.labeling.label_models import Method
from stance.labeling.rule_parts import rules_on
from stance.labels import LabelScheme
from stance.manifest import Manifest, build
from stance.mapping import MappedStageConfig, choose_mapper
from stance.records import Document, Pair, Removed, Sentence, Vote, pair_id
from stance.storage import read_records, write_json, write_records

RULES = "rules"


class LabelConfig(MappedStageConfig):
    """Labels of people, models and rules in, gold out."""

    sentences: Path
    """Output of ingest."""
    annotations: Path | None = None
    """JSONL of human labels; see docs/annotations.md for the fields."""
    votes: tuple[Path, ...] = ()
    """Further votes, of people or models: JSONL or Parquet of Vote records, as the labelling commands write them."""
    pairs: tuple[Path, ...] = ()
    """The pairs that `votes` speak of, where neither annotations nor targets name them: JSONL of Pair records."""
    targets: tuple[str, ...] = ()
    """Targets to pair with every sentence that has no human label; only rules vote on these pairs."""
    people: Method = "majority"
    """How people's votes on a pair become one answer: `majority`, `one_coin` or `dawid_skene`; adjudication decides."""
    machines: Method = "one_coin"
    """The same for rules and models, which decide only where no person has."""
    scheme: LabelScheme
    """The labels; the group `labels` fills it."""


def label(config: LabelConfig, *, replace: bool = False) -> Manifest:
    """Anchor human labels to sentences, gather all votes, let the rules vote, aggregate to gold.

    A stopped run keeps what the rules have said so far.
    """
    return build("label", config, _work, replace=replace, resumable=True)


def _work(config: LabelConfig, folder: Path) -> Mapping[str, int]:
    annotations = read_annotations(config.annotations, config.scheme) if config.annotations else []
    documents = list(read_records(config.sentences / "documents.jsonl", Document))
    sentences = {s.id: s for s in read_records(config.sentences / "sentences.jsonl", Sentence)}
    human = anchor(annotations, documents, sentences.values())
    given = join_pairs(human.pairs, (p for path in config.pairs for p in read_records(path, Pair)), sentences)
    labelled = {pair.sentence_id for pair in given.pairs}
    proposed = _proposed(config.sentences / "proposals.jsonl")
    pairs = [*given.pairs, *_unlabelled(config.targets, proposed, labelled, sentences.values())]
    if not pairs:
        raise DataError(_nothing_labelled(config, human))
    votes = (vote for path in config.votes for vote in read_records(path, Vote))
    mapper = choose_mapper(config.mapper, config.workers, config.address)
    rules = rules_on(pairs, sentences, folder / RULES, mapper)
    cast = gather_votes(pairs, human.votes, votes, rules, config.scheme)
    shutil.rmtree(folder / RULES, ignore_errors=True)
    result = aggregate(cast.votes, config.scheme, config.people, config.machines)
    decided = {row.pair_id for row in result.gold}
    undecided = [Removed(item=pair.id, reason="every labeler abstained") for pair in pairs if pair.id not in decided]
    removed = [*human.removed, *given.removed, *cast.removed, *undecided]
    write_records(folder / "pairs.jsonl", (pair for pair in pairs if pair.id in decided))
    write_records(folder / "gold.jsonl", result.gold)
    write_records(folder / "removed.jsonl", removed)
    write_json(folder / LABELS, config.scheme.model_dump(mode="json"))
    write_json(folder / "sources.json", [asdict(source) for source in result.sources])
    units = people_units(result.gold, {pair.id: sentences[pair.sentence_id].document_id for pair in pairs})
    write_json(folder / "agreement.json", agreement(units, config.scheme, Resampling()))
    return {
        "annotations": len(annotations),
        "votes": cast.given,
        "unlabelled_pairs": len(pairs) - len(human.pairs),
        "gold": len(result.gold),
        "double_labelled": len(units),
        "removed": len(removed),
        "sentences_without_label": len(sentences) - len(labelled),
    }


def _proposed(path: Path) -> dict[str, Pair]:
    """Sentence id -> the pair that ingest proposed for it, where it was asked to."""
    return {pair.sentence_id: pair for pair in read_records(path, Pair)} if path.is_file() else {}


def _unlabelled(
    targets: tuple[str, ...], proposed: Mapping[str, Pair], labelled: Container[str], sentences: Iterable[Sentence]
) -> Iterator[Pair]:
    for sentence in sentences:
        if sentence.id not in labelled:
            for target in targets:
                yield Pair(id=pair_id(sentence.id, target), sentence_id=sentence.id, target=target)
            if sentence.id in proposed and proposed[sentence.id].target not in targets:
                yield proposed[sentence.id]


def _nothing_labelled(config: LabelConfig, human: HumanLabels) -> str:
    shown = "; ".join(f"{row.reason} ({row.detail[:80]})" for row in human.removed[:3])
    return (
        f"{config.annotations or 'label.annotations is empty'}: none of its rows could be placed on a sentence of "
        f"{config.sentences}{f': {shown}' if shown else ''}; check that the articles are the annotated ones, "
        "or give label.votes with label.pairs, label.targets, or ingest.propose_targets=true"
    )
