"""Label without training: pairs -> votes.jsonl, pairs.jsonl, removed.jsonl, ledger.json."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import yaml
from pydantic import Field, field_validator, model_validator

from stance.config import Config, ConfigError, DataError, StageConfig
from stance.labeling.pairing import pairs_to_label
from stance.labels import LabelScheme
from stance.manifest import Manifest, build
from stance.model.inputs import InputTemplate
from stance.model.pretrained import EMBEDDED
from stance.records import Pair, Sentence, Vote
from stance.storage import read_records, write_json, write_records

if TYPE_CHECKING:
    import numpy as np

KIND = "zero_shot"


class Wording(Config):
    """What labels mean in sentences, {target} standing for the target; empty takes those that come with the package."""

    hypotheses: dict[str, str] = Field(default_factory=dict)
    """Label -> what an NLI checkpoint is asked to find entailed."""
    seeds: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Label -> sentences whose mean is its prototype."""

    @field_validator("hypotheses")
    @classmethod
    def _are_templates(cls, value: dict[str, str]) -> dict[str, str]:
        for text in value.values():
            InputTemplate(second=text)
        return value


class LabelZeroShotConfig(StageConfig):
    """Pairs in, the votes of a model that was never trained on the labels out."""

    sentences: Path
    """Output of ingest."""
    pairs: Path
    """JSONL of pairs to label, such as pairs.jsonl of the label stage or proposals.jsonl of ingest."""
    targets: tuple[str, ...] = ()
    """Targets to pair with every sentence, beside those pairs."""
    scheme: LabelScheme
    """The labels."""
    method: Literal["prototypes", "nli"] = "prototypes"
    """prototypes: nearness to seed sentences, with any encoder; nli: entailed hypotheses, with an NLI checkpoint."""
    pretrained: str = EMBEDDED
    """The encoder or NLI checkpoint: the embedded one, a folder, or a hub id."""
    download: bool = False
    """Whether a hub id may be fetched."""
    wording: Wording = Wording()
    """What labels mean."""
    abstain_below: float = Field(default=0.0, ge=0, le=1)
    """Abstain where the best label has a lower probability."""
    max_tokens: int = Field(default=128, ge=8)
    """Longest input; the end of a longer sentence is cut."""
    threads: int | None = None
    """CPU threads; null is one a core."""

    @model_validator(mode="after")
    def _nli_needs_a_checkpoint(self) -> "LabelZeroShotConfig":
        if self.method == "nli" and self.pretrained == EMBEDDED:
            raise ValueError(f"method nli needs an NLI checkpoint, {EMBEDDED} is none; give pretrained=...")
        return self


def label_zero_shot(config: LabelZeroShotConfig, *, replace: bool = False) -> Manifest:
    """Vote on every pair, or abstain. Raises ConfigError when the model cannot be used for it."""
    return build("label_zero_shot", config, _work, replace=replace)


def _work(config: LabelZeroShotConfig, folder: Path) -> Mapping[str, int]:
    sentences = {s.id: s for s in read_records(config.sentences / "sentences.jsonl", Sentence)}
    pairs, removed = pairs_to_label(read_records(config.pairs, Pair), config.targets, sentences)
    if not pairs:
        raise DataError(f"{config.pairs}: no pair of {config.sentences} in it; give targets, or other pairs")
    wording = complete_wording(config.wording, config.scheme, config.method)
    started = time.perf_counter()
    texts = [(sentences[pair.sentence_id].text, pair.target) for pair in pairs]
    probabilities = _probabilities(config, wording, texts)
    seconds = time.perf_counter() - started
    created = datetime.now(UTC).isoformat(timespec="seconds")
    prompt = _hash(wording)
    votes: list[Vote] = []
    for pair, row in zip(pairs, probabilities.tolist(), strict=True):
        best = max(range(len(row)), key=row.__getitem__)
        votes.append(
            Vote(
                pair_id=pair.id,
                labeler=f"{config.method}:{config.pretrained}",
                label=config.scheme.names[best] if row[best] >= config.abstain_below else None,
                confidence=row[best],
                kind=KIND,
                created=created,
                seconds=round(seconds / len(pairs), 4),
                cost=0.0,
                model=config.pretrained,
                prompt=prompt,
            )
        )
    abstained = sum(vote.label is None for vote in votes)
    write_records(folder / "votes.jsonl", votes)
    write_records(folder / "pairs.jsonl", pairs)
    write_records(folder / "removed.jsonl", removed)
    entry = {"source": votes[0].labeler, "kind": KIND, "items": len(pairs), "votes": len(votes), "abstained": abstained}
    write_json(folder / "ledger.json", entry | {"cost": 0.0, "minutes": round(seconds / 60, 3)})
    return {"pairs": len(pairs) + len(removed), "votes": len(votes), "removed": len(removed), "abstained": abstained}


def complete_wording(given: Wording, scheme: LabelScheme, method: str) -> Wording:
    """The wording for every label of the scheme; raises ConfigError naming the labels that have none."""
    own = yaml.safe_load((files("stance.labeling") / "zero_shot.yaml").read_text(encoding="utf-8"))
    hypotheses = own["hypotheses"] | given.hypotheses
    seeds = {name: tuple(texts) for name, texts in own["seeds"].items()} | given.seeds
    needed = seeds if method == "prototypes" else hypotheses
    field = "seeds" if method == "prototypes" else "hypotheses"
    if missing := [name for name in scheme.names if not needed.get(name)]:
        raise ConfigError(
            f"label_zero_shot.wording.{field}: nothing for {', '.join(missing)}; say what the label means"
        )
    return Wording(
        hypotheses={name: hypotheses[name] for name in scheme.names if name in hypotheses},
        seeds={name: seeds[name] for name in scheme.names if name in seeds},
    )


def _probabilities(config: LabelZeroShotConfig, wording: Wording, texts: Sequence[tuple[str, str]]) -> "np.ndarray":
    from stance.model.device import choose_compute

    compute = choose_compute("auto", config.threads)
    if config.method == "nli":
        from stance.labeling.zero_shot import entailment_probabilities, load_nli

        model, tokenizer, entailment = load_nli(config.pretrained, download=config.download)
        hypotheses = list(wording.hypotheses.values())
        model.to(compute.device)
        return entailment_probabilities(model, tokenizer, entailment, hypotheses, texts, config.max_tokens, compute)
    from stance.labeling.prototypes import SentenceEncoder, prototype_probabilities

    encoder = SentenceEncoder.load(config.pretrained, config.max_tokens, compute, download=config.download)
    return prototype_probabilities(encoder, list(wording.seeds.values()), texts)


def _hash(wording: Wording) -> str:
    return hashlib.sha256(json.dumps(wording.model_dump(mode="json")).encode()).hexdigest()[:16]
