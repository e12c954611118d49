"""Train: a dataset folder -> a model folder with a training log."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from stance.config import Config, ConfigError, StageConfig
from stance.evaluation.metrics import confusion_matrix, macro_f1
from stance.examples import read_examples, read_scheme
from stance.labels import LabelScheme
from stance.manifest import Manifest, build, fingerprint
from stance.model import Precision
from stance.model.folder import ModelSettings, save_model_folder
from stance.model.pretrained import EMBEDDED
from stance.records import Example
from stance.storage import write_json
from stance.training.augment import swap_targets
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
    freeze_embeddings: bool = True
    """Leave the word embeddings as they are: most of them never occur in the training split."""
    freeze_layers: Annotated[int, Field(ge=0)] = 2
    """Leave so many of the lowest layers as they are; needs frozen embeddings."""

    @model_validator(mode="after")
    def _frozen_from_below(self) -> "ModelConfig":
        if self.freeze_layers and not self.freeze_embeddings:
            raise ValueError("freeze_layers needs freeze_embeddings: layers are frozen from below")
        return self


class TrainConfig(StageConfig):
    """A dataset in, a fine-tuned model out."""

    dataset: Path
    """Output of dataset."""
    first: tuple[Path, ...] = ()
    """Dataset folders whose train split is trained on before, one after the other: drills, or other stance sets."""
    first_epochs: Annotated[int, Field(ge=1)] = 1
    """Passes over each of them."""
    swap_targets: Annotated[float, Field(ge=0, le=1)] = 0.25
    """Of the training pairs that name their place, the share shown again with a target elsewhere, as not about it."""
    model: ModelConfig = ModelConfig()
    """The encoder."""
    optimizer: OptimizerConfig = OptimizerConfig()
    """How the weights are changed."""
    epochs: Annotated[int, Field(ge=1)] = 5
    """At most so many passes over the training split."""
    patience: Annotated[int, Field(ge=1)] = 3
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
    from stance.model.network import freeze_lowest, new_classifier
    from stance.training.batching import plan_steps, schedule
    from stance.training.loop import fit

    scheme = read_scheme(config.dataset)
    phases = [_read_first(folder, scheme) for folder in config.first]
    main = read_examples(config.dataset, "train")
    swapped = swap_targets(main, config.swap_targets, scheme, config.seed)
    phases.append(main + swapped)
    dev_examples = read_examples(config.dataset, "dev")
    compute = choose_compute(config.precision, config.threads)
    torch.manual_seed(config.seed)
    model, tokenizer = new_classifier(
        config.model.pretrained, scheme, dropout=config.model.dropout, download=config.model.download
    )
    if config.model.freeze_embeddings:
        freeze_lowest(model, config.model.freeze_layers)
    model.to(compute.device)
    inputs = PairEncoder.of(tokenizer, config.model.max_tokens)
    data = _training_data([e for phase in phases for e in phase], inputs)
    dev = _training_data(dev_examples, inputs)
    lengths = [len(e["input_ids"]) for e in data.encodings]
    plans, start = [], 0
    for number, phase in enumerate(phases):
        epochs = config.epochs if number == len(phases) - 1 else config.first_epochs
        plan = plan_steps(lengths[start : start + len(phase)], config.batch_tokens, epochs, config.seed + number)
        plans.append([[[start + i for i in indices] for indices in steps] for steps in plan])
        start += len(phase)
    steps = schedule(plans, config.optimizer.warmup_fraction)
    log.info(
        "%s: %s pairs to train on, %d for dev, %d steps",
        compute,
        " + ".join(str(len(phase)) for phase in phases),
        len(dev_examples),
        len(steps),
    )

    gold = [scheme.index(e.label) for e in dev_examples]

    def dev_macro_f1(network: "PreTrainedModel") -> float:
        logits = predict_logits(network, dev.encodings, inputs, compute, 2 * config.batch_tokens)
        return float(macro_f1(confusion_matrix(gold, logits.argmax(axis=1), len(scheme.names))))

    state_file = folder / "state.safetensors"
    outcome = fit(
        model,
        data,
        steps,
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
        "first": sum(len(phase) for phase in phases[:-1]),
        "train": len(main),
        "swapped": len(swapped),
        "dev": len(dev_examples),
        "epochs": len(outcome.history),
        "best_epoch": outcome.epoch,
    }


def _read_first(folder: Path, scheme: LabelScheme) -> list[Example]:
    found = read_scheme(folder).names
    if found != scheme.names:
        raise ConfigError(
            f"train.first: {folder} has labels {', '.join(found)}, the dataset has {', '.join(scheme.names)}; "
            f"make it with the same labels=... as the dataset"
        )
    return read_examples(folder, "train")


def _training_data(examples: Sequence[Example], inputs: "PairEncoder") -> "TrainingData":
    import torch

    from stance.training.loop import TrainingData

    return TrainingData(
        encodings=inputs.encode([e.text for e in examples], [e.target for e in examples]),
        targets=torch.tensor([e.probabilities for e in examples], dtype=torch.float32),
        weights=torch.tensor([e.weight for e in examples], dtype=torch.float32),
    )
