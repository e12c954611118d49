"""The model that is served now, and the one way to ask it: through the queue."""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from stance.config import ConfigError, DataError
from stance.inference.classifier import StanceClassifier
from stance.records import Prediction
from stance.serving.config import ServeConfig
from stance.serving.metrics import Metrics
from stance.serving.work import Context, Pool

T = TypeVar("T")
log = logging.getLogger(__name__)
FILES = ("hashes.json", "config.json", "stance.json", "tokenizer.json", "model.safetensors", "onnx/model.onnx")


@dataclass(frozen=True)
class Answered:
    """Predictions with the fingerprint of the model that made all of them."""

    model: str
    predictions: list[Prediction]


class Service:
    """Holds the classifier and its queue. Made before the event loop runs; raises what StanceClassifier.load raises."""

    def __init__(self, config: ServeConfig) -> None:
        self.config = config
        self.workers = config.workers or len(os.sched_getaffinity(0))
        self.metrics = Metrics()
        self.draining = False
        self._state = _state(config.model)
        self.classifier = self._load()
        self.metrics.model(self.classifier.fingerprint, self.classifier.backend)
        self.pool = Pool(self.workers, config.batch_pairs, config.max_queued_pairs, self.metrics)
        self.metrics.watch_queue(lambda: self.pool.waiting_pairs)
        self._loading = asyncio.Lock()

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the model that answers now."""
        return self.classifier.fingerprint

    async def predict(
        self,
        texts: Sequence[str],
        targets: Sequence[str],
        contexts: Sequence[Context] | None = None,
        *,
        abstain_below: float = 0.0,
        deadline: float | None = None,
    ) -> Answered:
        """One Prediction a pair, as `StanceClassifier.predict` makes them, all of one model.

        `deadline` is a time of the event loop; None is `deadline_seconds` from now. Contexts are left out where the
        model reads none. Raises BusyError where there is no room or no time.
        """
        classifier = self.classifier
        if not texts:
            return Answered(classifier.fingerprint, [])
        if not classifier.reads_context:
            contexts = None
        probabilities = await self.pool.predict_proba(classifier, texts, targets, contexts, deadline or self.deadline())
        return Answered(
            classifier.fingerprint,
            classifier.predictions(texts, targets, probabilities, abstain_below=abstain_below),
        )

    async def run(self, call: Callable[[], T], deadline: float | None = None) -> T:
        """What `call` returns or raises, in a worker in its turn: for work that would hold up the event loop.

        Raises BusyError.
        """
        return await self.pool.run(call, deadline or self.deadline())

    def deadline(self) -> float:
        """When a request that came now is given up, as a time of the event loop."""
        return asyncio.get_running_loop().time() + self.config.deadline_seconds

    async def watch(self) -> None:
        """Look at the model folder again and again, and load what has come to lie there; runs until cancelled."""
        while self.config.reload_seconds:
            await asyncio.sleep(self.config.reload_seconds)
            await self.reload()

    async def reload(self) -> bool:
        """Load the model folder again if it changed; says whether another model answers from now on.

        Requests that are under way are answered by the model that they began with. A folder that cannot be loaded,
        or that is still being written, leaves the old model in place.
        """
        async with self._loading:
            state = await asyncio.to_thread(_state, self.config.model)
            if state == self._state:
                return False
            await asyncio.sleep(min(0.5, self.config.reload_seconds or 0.5))
            if state != await asyncio.to_thread(_state, self.config.model) or not any(state):
                return False  # somebody is writing
            self._state = state
            try:
                loaded = await asyncio.to_thread(self._load)
            except (ConfigError, DataError, OSError) as error:
                self.metrics.reloaded("failed")
                log.warning("the new model cannot be used, the old one stays: %s", error)
                return False
            if loaded.fingerprint == self.fingerprint:
                return False
            self.classifier = loaded
            self.metrics.reloaded("done")
            self.metrics.model(loaded.fingerprint, loaded.backend)
            log.info("model %s (%s) answers from now on", loaded.fingerprint, loaded.backend)
            return True

    def stop(self) -> None:
        """End the workers."""
        self.pool.stop()

    def _load(self) -> StanceClassifier:
        classifier = StanceClassifier.load(self.config.model, backend=self.config.backend, threads=1)
        classifier.predict_proba(["A first sentence is slower."], "foreign intervention")
        return classifier


def _state(folder: Path) -> tuple[tuple[int, int, int] | None, ...]:
    """What changes when another model is put into the folder: inode, time and size of its files."""
    found: list[tuple[int, int, int] | None] = []
    for name in FILES:
        stat = None
        with contextlib.suppress(OSError):
            stat = (folder / name).stat()
        found.append((stat.st_ino, stat.st_mtime_ns, stat.st_size) if stat else None)
    return tuple(found)
