"""Train: a dataset folder -> a model folder with a training log."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from stance.config import Config, ConfigError, StageConfig
from stance.examples import pair_lists, read_examples, read_scheme
from stance.labels import LabelScheme
from stance.manifest import Manifest, build, fingerprint, read_manifest
from stance.model import Precision
from stance.model.calibration import Method
from stance.model.folder import ModelSettings, save_model_folder
from stance.model.inputs import InputTemplate
from stance.model.pretrained import EMBEDDED
from stance.records import Example
from stance.storage import atomic_file, write_json
from stance.training.augment import draw_per_label, mask_names, swap_targets
from stance.training.curve import curve_figure
from stance.training.objective import ObjectiveConfig
from stance.training.optimizer import OptimizerConfig
from stance.training.team import Team, join_team, lead
from stance.training.tracking import TrackerName, open_trackers

if TYPE_CHECKING:
    import numpy as np
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from stance.model.inputs import PairEncoder
    from stance.training.gradients import TrainingData

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
    lora_rank: Annotated[int, Field(ge=0)] = 0
    """Train low-rank updates of this rank in place of the weights; for encoders that do not fit otherwise."""
    template: InputTemplate = InputTemplate()
    """What the encoder reads of a pair."""

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
    mask_names: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Of the training pairs that name place or intervener, the share shown again with the names masked."""
    pairs_per_label: Annotated[int, Field(ge=1)] | None = None
    """Train on so many pairs of each label only, drawn at random by `seed`: few-shot."""
    model: ModelConfig = ModelConfig()
    """The encoder."""
    objective: ObjectiveConfig = ObjectiveConfig()
    """What is minimised."""
    optimizer: OptimizerConfig = OptimizerConfig()
    """How the weights are changed."""
    epochs: Annotated[int, Field(ge=1)] = 8
    """Passes over the training split, at most."""
    passes: Annotated[int, Field(ge=1)] = 1
    """Passes in one epoch of it; dev is scored once an epoch, which costs more than many passes over few pairs."""
    keep: Literal["last", "best"] = "last"
    """Weights after the last epoch, or the one with the best dev macro-F1, which a small dev split finds too early."""
    patience: Annotated[int, Field(ge=1)] = 3
    """With keep=best: stop after so many epochs without a better dev macro-F1."""
    batch_tokens: Annotated[int, Field(ge=64)] = 1536
    """Padded tokens in one step, over all processes; about 32 pairs."""
    micro_batch_tokens: Annotated[int, Field(ge=64)] | None = None
    """Padded tokens in one pass, where a step needs too much memory; null is a step at once. Changes no result."""
    calibrate: Method | Literal["off"] = "temperature"
    """Scaling of probabilities fitted on dev; vector may change labels, which plain transformers then does not do."""
    precision: Precision = "auto"
    """auto is bf16 where the hardware has it, else fp32."""
    threads: Annotated[int, Field(ge=1)] | None = None
    """CPU threads; null is one a core."""
    checkpoint_seconds: Annotated[float, Field(ge=0)] = 30.0
    """How often the state is saved from which an interrupted run resumes."""
    track: tuple[TrackerName, ...] = ()
    """Trackers that follow the run, in `tracking/` beside the output; each has to be installed."""
    seed: int = 0
    """Decides the head's first weights, dropout and the order of examples."""


def train(
    config: TrainConfig, *, replace: bool = False, after_epoch: Callable[[float], None] | None = None
) -> Manifest:
    """Fine-tune; the weights that `config.keep` names are kept. Interrupted, the same call resumes.

    Under `torchrun` all processes call this; rank 0 writes, and all return the manifest. `after_epoch` is called with
    the dev macro-F1 of each epoch of the main phase and may raise to give the run up.
    """
    team = join_team()

    def build_it(announce: Callable[[Path], None]) -> Manifest:
        def work(config: TrainConfig, folder: Path) -> Mapping[str, int]:
            announce(folder)
            return _work(config, folder, team, after_epoch)

        return build("train", config, work, replace=replace, resumable=True)

    manifest = lead(team, build_it, lambda folder: _work(config, folder, team)) or read_manifest(config.output)
    assert manifest is not None  # noqa: S101 - rank 0 has just written it
    return manifest


@dataclass(frozen=True)
class _Material:
    """The examples of a run."""

    phases: list[list[Example]]
    """What comes first, in order, then the main phase."""
    dev: list[Example]
    counts: dict[str, int]


def _work(
    config: TrainConfig, folder: Path, team: Team, after_epoch: Callable[[float], None] | None = None
) -> Mapping[str, int]:
    # torch and transformers take seconds to import: only now.
    import torch

    from stance.model.device import choose_compute
    from stance.model.forward import predict_logits
    from stance.model.inputs import PairEncoder
    from stance.training.averaging import draw_back, of_encoder, put
    from stance.training.batching import in_one, plan_phases, schedule
    from stance.training.dropout import use_cheap_dropout
    from stance.training.gradients import Backward
    from stance.training.loop import fit
    from stance.training.plan import make_plan
    from stance.training.progress import Progress
    from stance.training.promises import with_promises
    from stance.training.scoring import make_scorer

    scheme = read_scheme(config.dataset)
    compute = choose_compute(config.precision, config.threads)
    torch.manual_seed(config.seed)
    model, tokenizer = _make_model(config.model, scheme)
    model.to(compute.device)
    # Low-rank updates start as nothing: there is no pretrained value to go back to.
    pretrained = {} if config.model.lora_rank else of_encoder(model)
    if compute.device == "cpu":
        use_cheap_dropout(model)
    material = _read_material(config, scheme, str(tokenizer.mask_token or tokenizer.unk_token))
    inputs = PairEncoder.of(tokenizer, config.model.max_tokens, config.model.template)
    data = _training_data([e for phase in material.phases for e in phase], inputs, config.objective, material)
    sizes = [len(phase) for phase in material.phases]
    epochs = [config.first_epochs] * (len(sizes) - 1) + [config.epochs * config.passes]
    lengths = [len(e["input_ids"]) for e in data.encodings]
    plans = plan_phases(lengths, sizes, epochs, config.batch_tokens, config.seed)
    plans[-1] = in_one(plans[-1], config.passes)
    steps = schedule(plans, config.optimizer.warmup_fraction, config.optimizer.warmup_steps)
    backward = Backward(data, inputs, config.micro_batch_tokens, compute, team)
    plan = make_plan(model, steps, backward, sizes)
    leads = team.rank == 0
    if leads:
        log.info("%s%s\n%s", compute, f", {team.size} processes" if team.size > 1 else "", plan)
    run = f"{config.output.parent.name}-{config.output.name}"
    settings = config.model_dump(mode="json")
    trackers = open_trackers(config.track, config.output.parent / "tracking", run, settings) if leads else []
    dev_encodings = inputs.encode(*pair_lists(material.dev))
    gold = [scheme.index(e.label) for e in material.dev]
    score = make_scorer(dev_encodings, gold, len(scheme.names), inputs, compute, 2 * config.batch_tokens, team)
    progress = Progress(
        folder, [data.num_tokens(step.indices) for step in steps], trackers, after_epoch, quiet=not leads
    )
    state_file = folder / "state.safetensors"
    try:
        outcome = fit(
            model,
            steps,
            backward,
            score,
            config.optimizer,
            progress,
            average_decay=config.objective.average_decay,
            patience=config.patience if config.keep == "best" else None,
            state_file=state_file,
            checkpoint_seconds=config.checkpoint_seconds,
        )
    finally:
        progress.close()
    put(model, draw_back(outcome.weights, pretrained, config.objective.pretrained_share))
    dev_score = score(model)
    if leads:
        # Low-rank updates become part of the weights: the folder is an ordinary one.
        plain = model.merge_and_unload() if config.model.lora_rank else model  # ty: ignore[not-callable]
        model_settings = ModelSettings(
            scheme=scheme,
            max_tokens=config.model.max_tokens,
            template=config.model.template,
            pretrained=config.model.pretrained,
            data_fingerprint=fingerprint(config.dataset),
            seed=config.seed,
            dev_macro_f1=round(dev_score, 6),
        )
        logits = predict_logits(plain, dev_encodings, inputs, compute, 2 * config.batch_tokens)
        if warning := learnt_nothing(logits, gold, scheme):
            log.warning("train: %s", warning)
        model_settings = with_promises(model_settings, logits, material.dev, config.calibrate)
        save_model_folder(folder, plain, tokenizer, model_settings)
        write_json(folder / "training_log.json", outcome.history)
        with atomic_file(folder / "curve.svg") as file:
            file.write(curve_figure(outcome.history, outcome.epoch))
        state_file.unlink(missing_ok=True)
    return material.counts | {"epochs": len(outcome.history), "best_epoch": outcome.epoch}


def learnt_nothing(logits: "np.ndarray", gold: Sequence[int], scheme: LabelScheme) -> str | None:
    """What to tell where all of several labels are answered with one, which is how a training that got stuck looks."""
    found = set(logits.argmax(axis=1).tolist())
    if len(found) > 1 or len(set(gold)) == 1:
        return None
    return (
        f"all {len(gold)} dev pairs are answered {scheme.names[found.pop()]}: nothing was learnt; try another seed, "
        f"more optimizer.warmup_steps, a lower optimizer.learning_rate, or more data"
    )


def _make_model(config: ModelConfig, scheme: LabelScheme) -> tuple["PreTrainedModel", "PreTrainedTokenizerBase"]:
    from stance.model.network import add_lora, freeze_lowest, new_classifier

    model, tokenizer = new_classifier(config.pretrained, scheme, dropout=config.dropout, download=config.download)
    if config.lora_rank:
        model = add_lora(model, config.lora_rank)
    if config.freeze_embeddings:
        freeze_lowest(model, config.freeze_layers)
    return model, tokenizer


def _read_material(config: TrainConfig, scheme: LabelScheme, mask: str) -> _Material:
    phases = [_read_first(folder, scheme) for folder in config.first]
    main = read_examples(config.dataset, "train")
    if config.pairs_per_label is not None:
        main = draw_per_label(main, config.pairs_per_label, config.seed)
    swapped = swap_targets(main, config.swap_targets, scheme, config.seed)
    masked = mask_names(main, config.mask_names, mask, config.seed)
    dev = read_examples(config.dataset, "dev")
    counts = {"first": sum(map(len, phases)), "train": len(main), "swapped": len(swapped), "masked": len(masked)}
    return _Material([*phases, main + swapped + masked], dev, counts | {"dev": len(dev)})


def _read_first(folder: Path, scheme: LabelScheme) -> list[Example]:
    found = read_scheme(folder).names
    if found != scheme.names:
        raise ConfigError(
            f"train.first: {folder} has labels {', '.join(found)}, the dataset has {', '.join(scheme.names)}; "
            f"make it with the same labels=... as the dataset"
        )
    return read_examples(folder, "train")


def _training_data(
    examples: Sequence[Example], inputs: "PairEncoder", objective: ObjectiveConfig, material: _Material
) -> "TrainingData":
    import torch

    from stance.training.gradients import TrainingData
    from stance.training.loss import balanced, smooth

    targets = torch.tensor([e.probabilities for e in examples], dtype=torch.float32)
    weights = torch.tensor([e.weight for e in examples], dtype=torch.float32)
    if objective.balance:
        sizes = [len(phase) for phase in material.phases]
        parts = zip(weights.split(sizes), targets.split(sizes), strict=True)
        weights = torch.cat([balanced(w, t, objective.balance) for w, t in parts])
    return TrainingData(inputs.encode(*pair_lists(examples)), smooth(targets, objective.label_smoothing), weights)
