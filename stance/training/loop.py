"""The training loop: backward, clip, step, average, evaluate, save."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedModel

from stance.training.averaging import Weights, copied, holding, trainable, update_average
from stance.training.batching import Step
from stance.training.checkpoint import State, load_state, save_state
from stance.training.gradients import Backward
from stance.training.optimizer import OptimizerConfig, make_optimizer, set_learning_rate
from stance.training.progress import Progress

GROUPS = ("best", "average")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """The state of the weights that is kept, and what happened on the way, one row an epoch."""

    weights: Weights
    score: float
    epoch: int
    history: list[dict[str, float]]


def fit(
    model: PreTrainedModel,
    steps: Sequence[Step],
    backward: Backward,
    score: Callable[[PreTrainedModel], float],
    optimizer_config: OptimizerConfig,
    progress: Progress,
    *,
    average_decay: float,
    patience: int | None,
    state_file: Path,
    checkpoint_seconds: float,
) -> Outcome:
    """Train `model` in place along `steps`; continue from `state_file` where there is one.

    After each epoch of the main phase `score(model)` decides whether these weights, or with `average_decay` their
    running mean, are the best so far; training ends with the steps, or after `patience` epochs without a better score.
    Without `patience` all steps are taken, and the last weights or their mean are the ones returned. A run continued
    from its state file ends in the same bits as one that was never interrupted. Raises FloatingPointError before a
    non-finite gradient reaches the weights.
    """
    team = backward.team
    optimizer = make_optimizer(model, optimizer_config)
    state: State = {"step": 0, "main_steps": 0, "best_score": -1.0, "best_epoch": -1, "history": []}
    state |= {"loss_sum": 0.0, "loss_steps": 0}
    kept: dict[str, Weights] = {group: {} for group in GROUPS}
    if state_file.is_file():
        state, kept = load_state(state_file, model, optimizer, GROUPS)
        log.info("resumed at step %d of %d", state["step"], len(steps))
    wrapped = team.wrap(model)
    progress.begin(state["step"], state["best_score"])
    saved_at = time.monotonic()

    while state["step"] < len(steps):
        number = state["step"]
        step = steps[number]
        wrapped.train()
        set_learning_rate(optimizer, step.rate)
        loss = backward(wrapped, step.indices)
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), optimizer_config.max_gradient_norm).item()
        if not torch.isfinite(torch.tensor([loss, norm])).all():
            raise FloatingPointError(
                f"step {number}: loss {loss:.4g}, gradient norm {norm:.4g}; the step was not taken. "
                f"Try a lower train.optimizer.learning_rate, or train.precision=fp32"
            )
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if average_decay and step.main:
            if not state["main_steps"]:
                kept["average"] = copied(trainable(model))
            update_average(kept["average"], model, average_decay, state["main_steps"])
            state["main_steps"] += 1
        state["loss_sum"] += loss
        state["loss_steps"] += 1
        state["step"] = number + 1
        progress.step(number, step, loss, norm)

        if number + 1 == len(steps) or steps[number + 1].epoch != step.epoch:
            with holding(model, kept["average"]):
                dev, mean_loss = score(model), state["loss_sum"] / state["loss_steps"]
                # Of epochs with equal scores the later: it has learnt more.
                if step.main and (patience is None or dev >= state["best_score"]):
                    state |= {"best_score": dev, "best_epoch": step.epoch}
                    kept["best"] = copied(trainable(model))
            row = {"epoch": step.epoch, "main": step.main, "loss": mean_loss, "dev_macro_f1": dev}
            state["history"].append(row)
            state |= {"loss_sum": 0.0, "loss_steps": 0}
            progress.epoch(number, row, steps[-1].epoch + 1)
            if step.main and patience is not None and step.epoch - state["best_epoch"] >= patience:
                break
        if team.rank == 0 and time.monotonic() - saved_at > checkpoint_seconds:
            progress.flush()
            save_state(state_file, model, optimizer, kept, state)
            saved_at = time.monotonic()
    return Outcome(kept["best"], state["best_score"], state["best_epoch"], state["history"])
