"""Labelers without training, on tiny random models."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from stance.config import ConfigError
from stance.labeling.prototypes import SentenceEncoder, label_prototypes, nearness
from stance.labeling.zero_shot import entailment_index, entailment_probabilities, load_nli
from stance.labeling.zero_shot_stage import LabelZeroShotConfig, Wording, label_zero_shot
from stance.model.device import Compute
from stance.records import Pair, Removed, Vote
from stance.storage import read_json, read_records, write_records
from tests.conftest import SCHEME, SENTENCES

CPU = Compute("cpu", 1, "fp32")
HYPOTHESES = [f"The speaker {verb} {{target}}." for verb in ("voted for", "condemned")]
PAIRS = [(SENTENCES["favor"].format("Mali"), "the mission in Mali"), (SENTENCES["against"].format("Cuba"), "Cuba")]


@pytest.fixture(scope="module")
def nli(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random NLI checkpoint, its outputs in the order of some published ones: contradiction, entailment, neutral."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = tmp_path_factory.mktemp("nli")
    torch.manual_seed(0)
    names = {0: "CONTRADICTION", 1: "ENTAILMENT", 2: "NEUTRAL"}
    model = AutoModelForSequenceClassification.from_pretrained(
        encoder, num_labels=3, id2label=names, label2id={name: i for i, name in names.items()}
    )
    model.save_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    assert tokenizer is not None
    tokenizer.save_pretrained(folder)
    return folder


def configure(dataset: Path, **values: Any) -> LabelZeroShotConfig:
    out = dataset.parent
    given = {"sentences": out / "sentences", "pairs": out / "labels" / "pairs.jsonl", "scheme": SCHEME, "threads": 1}
    return LabelZeroShotConfig(**(given | {"max_tokens": 48} | values))


@pytest.mark.parametrize(
    ("names", "position"),
    [
        ({0: "contradiction", 1: "neutral", 2: "entailment"}, 2),
        ({0: "ENTAILMENT", 1: "NEUTRAL", 2: "CONTRADICTION"}, 0),
        ({0: "entailment", 1: "not_entailment"}, 0),
        ({0: "refutes", 1: "entails"}, 1),
    ],
)
def test_entailment_is_found_by_name(names: dict[int, str], position: int) -> None:
    assert entailment_index(names, "m") == position


@pytest.mark.parametrize("names", [{0: "LABEL_0", 1: "LABEL_1"}, {0: "not_entailment", 1: "neutral"}])
def test_outputs_without_names_are_refused(names: dict[int, str]) -> None:
    with pytest.raises(ConfigError, match="expected exactly one named entailment"):
        entailment_index(names, "m")


def test_probabilities_are_those_of_the_checkpoint_asked_by_hand(nli: Path) -> None:
    model, tokenizer, entailment = load_nli(str(nli))
    found = entailment_probabilities(model, tokenizer, entailment, HYPOTHESES, PAIRS, 64, CPU)
    for row, (text, target) in zip(found, PAIRS, strict=True):
        logits = []
        for hypothesis in HYPOTHESES:
            batch = tokenizer(text, hypothesis.replace("{target}", target), return_tensors="pt")
            logits.append(model(**batch).logits[0, 1].item())
        expected = np.exp(logits) / np.exp(logits).sum()
        assert row == pytest.approx(expected, abs=1e-5)


def test_an_nli_checkpoint_votes_on_every_pair(dataset: Path, nli: Path, tmp_path: Path) -> None:
    config = configure(dataset, method="nli", pretrained=str(nli), output=tmp_path / "votes", targets=("Mali",))
    counts = label_zero_shot(config).counts
    votes = list(read_records(tmp_path / "votes" / "votes.jsonl", Vote))
    assert counts["votes"] == len(votes) == counts["pairs"] == 2 * 48
    assert {vote.labeler for vote in votes} == {f"nli:{nli}"}
    assert all(0.25 <= vote.confidence <= 1 for vote in votes)
    assert read_json(tmp_path / "votes" / "ledger.json")["items"] == 96
    assert label_zero_shot(config).fresh


def test_unsure_votes_abstain_and_unknown_sentences_are_listed(dataset: Path, encoder: Path, tmp_path: Path) -> None:
    pairs = list(read_records(dataset.parent / "labels" / "pairs.jsonl", Pair))
    stranger = pairs[0].model_copy(update={"id": "x", "sentence_id": "nowhere:0"})
    write_records(tmp_path / "pairs.jsonl", [*pairs, stranger, pairs[0]])
    values = {"pairs": tmp_path / "pairs.jsonl", "pretrained": str(encoder)}
    counts = label_zero_shot(configure(dataset, output=tmp_path / "all", **values)).counts
    assert counts == {"pairs": 50, "votes": 48, "removed": 2, "abstained": 0}
    reasons = [row.reason for row in read_records(tmp_path / "all" / "removed.jsonl", Removed)]
    assert reasons == ["unknown sentence id", "duplicate pair"]
    confidences = sorted(v.confidence for v in read_records(tmp_path / "all" / "votes.jsonl", Vote))
    limit = (confidences[23] + confidences[24]) / 2
    counts = label_zero_shot(configure(dataset, output=tmp_path / "some", abstain_below=limit, **values)).counts
    assert counts["abstained"] == 24


def test_a_seed_is_nearest_to_its_own_prototype(encoder: Path) -> None:
    reader = SentenceEncoder.load(str(encoder), 48, CPU)
    seeds = [[text.replace("{}", "{target}")] for text in SENTENCES.values()]
    prototypes = label_prototypes(reader, seeds, ["Mali"])[0]
    vectors = reader.embed([text.format("Mali") for text in SENTENCES.values()])
    probabilities = nearness(vectors, np.stack([prototypes] * 4))
    assert probabilities.argmax(axis=1).tolist() == [0, 1, 2, 3]
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(4))
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-6)


def test_an_embedding_does_not_depend_on_its_neighbours(encoder: Path) -> None:
    reader = SentenceEncoder.load(str(encoder), 48, CPU)
    texts = [text.format(place) for text in SENTENCES.values() for place in ("Mali", "Libya")]
    alone = np.concatenate([reader.embed([text]) for text in texts])
    assert np.abs(reader.embed(texts) - alone).max() < 1e-6


def test_prototypes_follow_the_target(encoder: Path) -> None:
    reader = SentenceEncoder.load(str(encoder), 48, CPU)
    seeds = [["The assembly praised the troops in {target}."], ["Elders condemned the strikes."]]
    here, there = label_prototypes(reader, seeds, ["Mali", "Libya"])
    assert np.abs(here[0] - there[0]).max() > 1e-3
    assert np.array_equal(here[1], there[1])


def test_mistakes_are_told(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs an NLI checkpoint"):
        configure(dataset, method="nli", output=tmp_path / "o")
    with pytest.raises(ValueError, match="is no template"):
        Wording(hypotheses={"favor": "The speaker supports {target."})
    scheme = SCHEME.model_copy(update={"definitions": {**SCHEME.definitions, "mixed": "both"}})
    with pytest.raises(ConfigError, match=r"wording\.seeds: nothing for mixed"):
        label_zero_shot(configure(dataset, scheme=scheme, output=tmp_path / "o"))
    with pytest.raises(ConfigError, match="neither a folder nor"):
        label_zero_shot(configure(dataset, pretrained="nobody/nothing", output=tmp_path / "o"))
    assert not (tmp_path / "o").exists()


def test_own_wording_replaces_that_of_one_label(dataset: Path, nli: Path, tmp_path: Path) -> None:
    def first(name: str, **values: Any) -> dict[str, Any]:
        config = configure(dataset, method="nli", pretrained=str(nli), output=tmp_path / name, **values)
        label_zero_shot(config)
        return json.loads((tmp_path / name / "votes.jsonl").read_text(encoding="utf-8").splitlines()[0])

    ours = first("ours")
    theirs = first("theirs", wording=Wording(hypotheses={"favor": "Elders condemned {target}."}))
    assert ours["prompt"] != theirs["prompt"]
    assert ours["confidence"] != theirs["confidence"]
