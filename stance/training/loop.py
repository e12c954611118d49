"""The training loop: forward, weigh, backward, clip, step, evaluate."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedModel

from stance.model.device import Compute
from stance.model.forward import tensors
from stance.model.inputs import Encoding, PairEncoder
from stance.training.batching import Step
from stance.training.checkpoint import State, load_state, save_state
from stance.training.loss import weighted_soft_cross_entropy
from stance.training.optimizer import OptimizerConfig, make_optimizer, set_learning_rate

LOG_SECONDS = 5
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingData:
    """Tokenised examples with their gold distributions, shape (examples, labels), and weights, shape (examples,)."""

    encodings: Sequence[Encoding]
    targets: torch.Tensor
    weights: torch.Tensor


@dataclass(frozen=True)
class Outcome:
    """The best state of the weights by dev score, and what happened on the way, one row an epoch."""

    weights: dict[str, torch.Tensor]
    score: float
    epoch: int
    history: list[dict[str, float]]


def fit(
    model: PreTrainedModel,
    data: TrainingData,
    steps: Sequence[Step],
    inputs: PairEncoder,
    score: Callable[[PreTrainedModel], float],
    optimizer_config: OptimizerConfig,
    compute: Compute,
    *,
    patience: int,
    state_file: Path,
    checkpoint_seconds: float,
) -> Outcome:
    """Train `model` in place along `steps`; continue from `state_file` where there is one.

    After each epoch of the main phase `score(model)` decides whether these weights are the best so far; training ends
    with the steps, or after `patience` epochs without a better score. A run continued from its state file ends in the
    same bits as one that was never interrupted. Raises FloatingPointError before a non-finite gradient reaches the
    weights.
    """
    optimizer = make_optimizer(model, optimizer_config)
    state: State = {"step": 0, "best_score": -1.0, "best_epoch": -1, "loss_sum": 0.0, "loss_steps": 0, "history": []}
    best: dict[str, torch.Tensor] = {}
    if state_file.is_file():
        state, best = load_state(state_file, model, optimizer)
        log.info("resumed at step %d of %d", state["step"], len(steps))
    saved_at = logged_at = started = time.monotonic()
    tokens = 0

    while state["step"] < len(steps):
        number = state["step"]
        step, indices = steps[number], steps[number].indices
        model.train()
        set_learning_rate(optimizer, step.rate)
        batch = tensors(inputs, [data.encodings[i] for i in indices], compute)
        with compute.autocast():
            logits = model(**batch).logits
        loss = weighted_soft_cross_entropy(
            logits, data.targets[indices].to(compute.device), data.weights[indices].to(compute.device)
        )
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), optimizer_config.max_gradient_norm)
        if not torch.isfinite(norm):
            raise FloatingPointError(
                f"step {number}: loss {loss.item():.4g}, gradient norm {norm.item():.4g}; the step was not taken. "
                f"Try a lower train.optimizer.learning_rate, or train.precision=fp32"
            )
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        tokens += batch["input_ids"].numel()
        state["loss_sum"] += loss.item()
        state["loss_steps"] += 1
        state["step"] = number + 1

        if number + 1 == len(steps) or steps[number + 1].epoch != step.epoch:
            dev, mean_loss = score(model), state["loss_sum"] / state["loss_steps"]
            state["history"].append({"epoch": step.epoch, "main": step.main, "loss": mean_loss, "dev_macro_f1": dev})
            state |= {"loss_sum": 0.0, "loss_steps": 0}
            log.info("epoch %d/%d: loss %.4f, dev macro-F1 %.4f", step.epoch + 1, steps[-1].epoch + 1, mean_loss, dev)
            if step.main and dev >= state["best_score"]:  # of equals the later: it has learnt more
                state |= {"best_score": dev, "best_epoch": step.epoch}
                best = {name: value.detach().clone() for name, value in model.state_dict().items()}
            if step.main and step.epoch - state["best_epoch"] >= patience:
                break
        now = time.monotonic()
        if now - logged_at > LOG_SECONDS:
            logged_at, rate = now, tokens / (now - started)
            log.info("step %d/%d: loss %.4f, %.0f tokens/s", number + 1, len(steps), loss.item(), rate)
        if now - saved_at > checkpoint_seconds:
            save_state(state_file, model, optimizer, best, state)
            saved_at = time.monotonic()
    return Outcome(best, state["best_score"], state["best_epoch"], state["history"])
