"""Train: a dataset folder -> a model folder with a training log."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from stance.config import Config, StageConfig
from stance.evaluation.metrics import confusion_matrix, macro_f1
from stance.examples import read_examples, read_scheme
from stance.manifest import Manifest, build, fingerprint
from stance.model import Precision
from stance.model.folder import ModelSettings, save_model_folder
from stance.model.pretrained import EMBEDDED
from stance.records import Example
from stance.storage import write_json
from stance.training.optimizer import OptimizerConfig

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from stance.model.inputs import PairEncoder
    from stance.training.loop import TrainingData

log = logging.getLogger(__name__)


class ModelConfig(Config):
    """The encoder to fine-tune; the group `model` fills it."""

    pretrained: str = EMBEDDED
    """The embedded MiniLM, a folder, or a model hub id."""
    download: bool = False
    """Whether a hub id may be fetched over the network; otherwise only the local cache is searched."""
    max_tokens: Annotated[int, Field(ge=8)] = 128
    """Longer pairs are cut at the end of the longer text."""
    dropout: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Replaces the encoder's own dropout rates."""


class TrainConfig(StageConfig):
    """A dataset in, a fine-tuned model out."""

    dataset: Path
    """Output of dataset."""
    model: ModelConfig = ModelConfig()
    """The encoder."""
    optimizer: OptimizerConfig = OptimizerConfig()
    """How the weights are changed."""
    epochs: Annotated[int, Field(ge=1)] = 12
    """At most so many passes over the training split."""
    patience: Annotated[int, Field(ge=1)] = 4
    """Stop after so many epochs without a better dev macro-F1."""
    batch_tokens: Annotated[int, Field(ge=64)] = 1536
    """Padded tokens in one step; about 32 pairs."""
    precision: Precision = "auto"
    """auto is bf16 where the hardware has it, else fp32."""
    threads: Annotated[int, Field(ge=1)] | None = None
    """CPU threads; null is one a core."""
    checkpoint_seconds: Annotated[float, Field(ge=0)] = 30.0
    """How often the state is saved from which an interrupted run resumes."""
    seed: int = 0
    """Decides the head's first weights, dropout and the order of examples."""


def train(config: TrainConfig, *, replace: bool = False) -> Manifest:
    """Fine-tune; the weights of the epoch with the best dev macro-F1 are kept. Interrupted, the same call resumes."""
    return build("train", config, _work, replace=replace, resumable=True)


def _work(config: TrainConfig, folder: Path) -> Mapping[str, int]:
    # torch and transformers take seconds to import: only now.
    import torch

    from stance.model.device import choose_compute
    from stance.model.forward import predict_logits
    from stance.model.inputs import PairEncoder
    from stance.model.network import new_classifier
    from stance.training.batching import plan_steps
    from stance.training.loop import fit

    scheme = read_scheme(config.dataset)
    parts = {split: read_examples(config.dataset, split) for split in ("train", "dev")}
    compute = choose_compute(config.precision, config.threads)
    torch.manual_seed(config.seed)
    model, tokenizer = new_classifier(
        config.model.pretrained, scheme, dropout=config.model.dropout, download=config.model.download
    )
    model.to(compute.device)
    inputs = PairEncoder.of(tokenizer, config.model.max_tokens)
    data, dev = (_training_data(part, inputs) for part in parts.values())
    plan = plan_steps([len(e["input_ids"]) for e in data.encodings], config.batch_tokens, config.epochs, config.seed)
    log.info(
        "%s: %d train and %d dev pairs, %d epochs of %d steps",
        compute,
        len(parts["train"]),
        len(parts["dev"]),
        config.epochs,
        len(plan[0]),
    )

    gold = [scheme.index(e.label) for e in parts["dev"]]

    def dev_macro_f1(network: "PreTrainedModel") -> float:
        logits = predict_logits(network, dev.encodings, inputs, compute, 2 * config.batch_tokens)
        return float(macro_f1(confusion_matrix(gold, logits.argmax(axis=1), len(scheme.names))))

    state_file = folder / "state.safetensors"
    outcome = fit(
        model,
        data,
        plan,
        inputs,
        dev_macro_f1,
        config.optimizer,
        compute,
        patience=config.patience,
        state_file=state_file,
        checkpoint_seconds=config.checkpoint_seconds,
    )
    model.load_state_dict(outcome.weights)
    settings = ModelSettings(
        scheme=scheme,
        max_tokens=config.model.max_tokens,
        pretrained=config.model.pretrained,
        data_fingerprint=fingerprint(config.dataset),
        seed=config.seed,
        dev_macro_f1=round(outcome.score, 6),
    )
    save_model_folder(folder, model, tokenizer, settings)
    write_json(folder / "training_log.json", outcome.history)
    state_file.unlink(missing_ok=True)
    return {
        "train": len(parts["train"]),
        "dev": len(parts["dev"]),
        "epochs": len(outcome.history),
        "best_epoch": outcome.epoch,
    }


def _training_data(examples: Sequence[Example], inputs: "PairEncoder") -> "TrainingData":
    import torch

    from stance.training.loop import TrainingData

    return TrainingData(
        encodings=inputs.encode([e.text for e in examples], [e.target for e in examples]),
        targets=torch.tensor([e.probabilities for e in examples], dtype=torch.float32),
        weights=torch.tensor([e.weight for e in examples], dtype=torch.float32),
    )
