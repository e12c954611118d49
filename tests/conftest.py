"""Tiny real things: a corpus of a dozen articles, and an encoder of two layers with its own vocabulary."""

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TRANSFORMERS_VERBOSITY": "error"}
os.environ |= {"TOKENIZERS_PARALLELISM": "false", "MPLBACKEND": "Agg"}

from stance.labels import LabelScheme

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
SCHEME = LabelScheme(
    definitions={"favor": "for it", "against": "against it", "neutral": "no side", "unrelated": "another subject"},
    polar=("favor", "against"),
    merged_into_none=("neutral", "unrelated"),
)
PLACES = ("Libya", "Mali", "Syria", "Haiti", "Yemen", "Kosovo", "Chad", "Somalia", "Korea", "Cuba", "Angola", "Iraq")
SENTENCES = {
    "favor": "The assembly of {} voted for the mission and praised the foreign troops.",
    "against": "Elders in {} condemned the strikes and demanded that the soldiers leave.",
    "neutral": "Two transport planes landed near the capital of {} on Monday.",
    "unrelated": "The harvest around {} was the best in ten years, farmers said.",
}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection but to a local socket fails the test."""
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else "local"
        if host not in ("local", "127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def scheme() -> LabelScheme:
    return SCHEME


def write_corpus(folder: Path, places: tuple[str, ...] = PLACES) -> Path:
    """A folder with articles/ and annotations.jsonl: one article a place, one sentence a label."""
    articles = folder / "articles"
    articles.mkdir(parents=True)
    with (folder / "annotations.jsonl").open("w", encoding="utf-8") as file:
        for place in places:
            texts = {name: text.format(place) for name, text in SENTENCES.items()}
            head = (
                f"---\ntitle: News from {place}\ngenre: wire report\nconflict: {place}\npublished: 2011-03-19\n---\n\n"
            )
            (articles / f"{place.lower()}.md").write_text(head + " ".join(texts.values()) + "\n", encoding="utf-8")
            for label, text in texts.items():
                holder = "somebody" if label in ("favor", "against") else None
                row = {"article": place.lower(), "sentence": text, "target": f"foreign intervention in {place}"}
                row |= {"label": label, "holder": holder, "place": place, "tags": ["plain_report"]}
                file.write(json.dumps(row) + "\n")
    return folder


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="session")
def dataset(corpus: Path) -> Path:
    """Output folder of the dataset stage on the tiny corpus; its siblings are `sentences` and `labels`."""
    from stance.dataset.stage import DatasetConfig, build_dataset
    from stance.ingest.stage import IngestConfig, ingest
    from stance.labeling.stage import LabelConfig, label

    out = corpus / "out"
    ingest(IngestConfig(articles=corpus / "articles", output=out / "sentences"))
    label(
        LabelConfig(
            sentences=out / "sentences",
            annotations=corpus / "annotations.jsonl",
            scheme=SCHEME,
            output=out / "labels",
        )
    )
    build_dataset(DatasetConfig(sentences=out / "sentences", labels=out / "labels", output=out / "dataset"))
    return out / "dataset"


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two layers with random weights and a vocabulary trained on the tiny corpus."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import BertConfig, BertModel, BertTokenizer

    folder = tmp_path_factory.mktemp("encoder")
    words = Tokenizer(models.WordPiece(unk_token="[UNK]"))  # noqa: S106
    words.normalizer = normalizers.BertNormalizer(lowercase=True)
    words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    texts = [text.format(place) for text in SENTENCES.values() for place in PLACES] + ["foreign intervention in"]
    words.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=400, special_tokens=special))
    words.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    vocabulary = sorted(words.get_vocab(), key=words.get_vocab().__getitem__)
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    BertTokenizer(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    shape = {
        "initializer_range": 0.2,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
    }
    BertModel(BertConfig(vocab_size=len(vocabulary), max_position_embeddings=64, **shape)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def trained(dataset: Path, encoder: Path) -> Path:
    """Output folder of a short training run on the tiny corpus."""
    from stance.training.stage import train

    folder = dataset.parent / "training"
    train(tiny_training(dataset, encoder, folder))
    return folder


def tiny_training(dataset: Path, encoder: Path, output: Path, **changes: Any) -> Any:
    """A TrainConfig that takes a second."""
    from stance.training.optimizer import OptimizerConfig
    from stance.training.stage import ModelConfig, TrainConfig

    values: dict[str, Any] = {
        "dataset": dataset,
        "output": output,
        "model": ModelConfig(pretrained=str(encoder), max_tokens=48, freeze_embeddings=False, freeze_layers=0),
        "optimizer": OptimizerConfig(learning_rate=1e-2),
        "epochs": 12,
        "batch_tokens": 512,
        "precision": "fp32",
        "threads": 1,
    }
    return TrainConfig(**(values | changes))


def run_script(name: str, *arguments: str, cwd: Path | None = None, **environment: str) -> Any:
    """Run scripts/<name>.py as a user would; returns the completed process."""
    import subprocess

    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / f"{name}.py"), *arguments],
        cwd=cwd or ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=200,
    )
