"""What a run says while it runs: its plan, a progress line, one JSON object a step, and the curve at the end."""

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from stance.model.device import peak_memory_bytes
from stance.training.batching import Step
from stance.training.tracking import Tracker

LOG_SECONDS = 5
STEPS_FILE = "steps.jsonl"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """What a run is going to do, counted, and how long that will take, measured on its first and longest steps."""

    examples: Sequence[int]
    """Of each phase."""
    steps: int
    tokens: int
    seconds: float
    """Without evaluation, and if no epoch is left out."""
    memory_bytes: int
    """Peak of the process with the optimizer's state, on the longest step."""
    trainable: int
    parameters: int

    def __str__(self) -> str:
        examples = " + ".join(f"{number:,}" for number in self.examples)
        return (
            f"plan: {examples} pairs, {self.tokens / 1e6:.2f} M tokens in {self.steps:,} steps, at most "
            f"{self.seconds / 60:.1f} minutes, {self.memory_bytes / 1e9:.1f} GB; "
            f"{self.trainable / 1e6:.1f} of {self.parameters / 1e6:.1f} M parameters are trained"
        )


class Progress:
    """The log of a run. Rows hold nothing that depends on the clock, so that a resumed run writes the same file."""

    def __init__(
        self,
        folder: Path,
        step_tokens: Sequence[int],
        trackers: Sequence[Tracker],
        after_epoch: Callable[[float], None] | None = None,
        *,
        quiet: bool,
    ) -> None:
        self._path = folder / STEPS_FILE
        self._tokens = step_tokens
        self._trackers = trackers
        self._after_epoch = after_epoch
        self._quiet = quiet
        self._file: TextIO | None = None
        self._first = 0
        self._best = 0.0
        self._started = self._shown_at = time.monotonic()

    def begin(self, step: int, best: float) -> None:
        """Continue at `step`: rows of later steps, written before the run was killed, go."""
        self._first, self._best = step, max(best, 0.0)
        self._started = self._shown_at = time.monotonic()
        if self._quiet:
            return
        rows = self._path.read_text(encoding="utf-8").splitlines(keepends=True)[:step] if self._path.is_file() else []
        self._file = self._path.open("w", encoding="utf-8", newline="\n")
        self._file.writelines(rows)

    def step(self, number: int, step: Step, loss: float, norm: float) -> None:
        """Take down a step; every few seconds say how far the run is."""
        if self._file is None:
            return
        row = {"step": number, "epoch": step.epoch, "loss": loss, "gradient_norm": norm, "rate": step.rate}
        self._file.write(json.dumps(row) + "\n")
        now = time.monotonic()
        if self._trackers or now - self._shown_at > LOG_SECONDS:
            rate = sum(self._tokens[self._first : number + 1]) / (now - self._started)
            for tracker in self._trackers:
                tracker.log({**row, "tokens_per_second": rate}, number)
        if now - self._shown_at > LOG_SECONDS:
            self._shown_at = now
            left = sum(self._tokens[number + 1 :]) / rate / 60
            line = "step %d/%d: loss %.4f, best dev macro-F1 %.4f, %.0f tokens/s, %.1f minutes left"
            log.info(line, number + 1, len(self._tokens), loss, self._best, rate, left)

    def epoch(self, number: int, row: Mapping[str, Any], epochs: int) -> None:
        """Say what an epoch brought; `after_epoch` is given the score of one of the main phase, and may end the run."""
        if self._file is None:
            return
        self._best = max(self._best, row["dev_macro_f1"]) if row["main"] else self._best
        line = "epoch %d/%d: loss %.4f, dev macro-F1 %.4f"
        log.info(line, row["epoch"] + 1, epochs, row["loss"], row["dev_macro_f1"])
        for tracker in self._trackers:
            tracker.log({"epoch_loss": row["loss"], "dev_macro_f1": row["dev_macro_f1"]}, number)
        if self._after_epoch is not None and row["main"]:
            self._after_epoch(row["dev_macro_f1"])

    def flush(self) -> None:
        """Bring the rows to disk, before a state that counts on them."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """End the log."""
        if self._file is not None:
            self._file.close()
            log.info("peak memory %.2f GB", peak_memory_bytes() / 1e9)
        for tracker in self._trackers:
            tracker.close()
