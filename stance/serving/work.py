"""The queue between the event loop and the threads that run the network: bounded, fair, with deadlines.

Each thread runs the network on one core. It takes a few pairs from the front of the queue, of several requests where
several wait, and puts a request of which pairs are left at the end again: a long one does not hold up short ones, and
an idle server never waits for company.
"""

import asyncio
import collections
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np

T = TypeVar("T")
Context = tuple[str, str]
LONGEST_RETRY_SECONDS = 60
FIRST_GUESS_SECONDS = 0.01
"""What a pair is thought to take before one was measured."""
MEMORY = 0.95
"""Weight of the past in the running mean of that time."""
CALL_PAIRS = 4
"""How many pairs a call counts as in the queue: reading an article takes about as long."""


class BusyError(Exception):
    """No room in the queue, or no answer in time; `retry_seconds` is when it should have gone down."""

    def __init__(self, reason: str, retry_seconds: int) -> None:
        super().__init__(reason)
        self.retry_seconds = retry_seconds


class Classifier(Protocol):
    """What a worker needs of a model."""

    def predict_proba(
        self, texts: Sequence[str], targets: Sequence[str], contexts: Sequence[Context] | None = None
    ) -> np.ndarray:
        """Probabilities of shape (pairs, labels)."""
        ...


class Watcher(Protocol):
    """Who is told what the pool does."""

    def batch(self, pairs: int, requests: int) -> None:
        """A batch was run."""
        ...

    def dropped(self, pairs: int) -> None:
        """Pairs were left out, since nobody waited for them any more."""
        ...


@dataclass(eq=False)
class _Job:
    """Pairs of one request, or a call; `taken` counts what workers have taken, `open` what has no answer yet."""

    future: "asyncio.Future[Any]"
    weight: int
    classifier: Classifier | None = None
    call: Callable[[], object] | None = None
    texts: Sequence[str] = ()
    targets: Sequence[str] = ()
    contexts: Sequence[Context] | None = None
    taken: int = 0
    rows: list[np.ndarray] = field(default_factory=list)
    open: int = 0

    @property
    def left(self) -> int:
        return self.weight - self.taken


_Part = tuple[_Job, int, int]


class Pool:
    """Threads and their queue, used from one event loop."""

    def __init__(self, workers: int, batch_pairs: int, max_queued_pairs: int, watcher: Watcher) -> None:
        self.workers = workers
        self._batch_pairs = batch_pairs
        self._max_queued = max_queued_pairs
        self._watcher = watcher
        self._queue: collections.deque[_Job] = collections.deque()
        self._waiting = 0
        self._changed = threading.Condition()
        self._stopping = False
        self._pair_seconds = FIRST_GUESS_SECONDS
        self._threads = [threading.Thread(target=self._work, name=f"worker-{i}", daemon=True) for i in range(workers)]
        for thread in self._threads:
            thread.start()

    @property
    def waiting_pairs(self) -> int:
        """Pairs that no worker has taken yet."""
        return self._waiting

    @property
    def retry_seconds(self) -> int:
        """When what waits now should be done, at least 1."""
        return max(1, min(LONGEST_RETRY_SECONDS, math.ceil(self._waiting * self._pair_seconds / self.workers)))

    async def predict_proba(
        self,
        classifier: Classifier,
        texts: Sequence[str],
        targets: Sequence[str],
        contexts: Sequence[Context] | None,
        deadline: float,
    ) -> np.ndarray:
        """Probabilities of shape (pairs, labels), in order; `deadline` is a time of the event loop.

        Raises BusyError. When the caller is cancelled, what no worker has taken yet is dropped.
        """
        future = asyncio.get_running_loop().create_future()
        count = len(texts)
        rows: list[np.ndarray] = [np.empty(0)] * count
        job = _Job(future, count, classifier, None, texts, targets, contexts, rows=rows, open=count)
        return await self._answer(job, deadline)

    async def run(self, call: Callable[[], T], deadline: float) -> T:
        """What `call` returns or raises, run by a worker in its turn; raises BusyError."""
        future = asyncio.get_running_loop().create_future()
        return await self._answer(_Job(future, CALL_PAIRS, call=call), deadline)

    def stop(self) -> None:
        """End the threads after what they are at."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    async def _answer(self, job: _Job, deadline: float) -> Any:
        with self._changed:
            wait_seconds = self._waiting * self._pair_seconds / self.workers
            if self._waiting >= self._max_queued or wait_seconds > deadline - job.future.get_loop().time():
                raise BusyError(f"{self._waiting} pairs are waiting", self.retry_seconds)
            self._queue.append(job)
            self._waiting += job.weight
            self._changed.notify(min(self.workers, job.weight))
        try:
            async with asyncio.timeout_at(deadline):
                return await job.future
        except TimeoutError:
            if job.future.done() and not job.future.cancelled():  # the call itself ran into some time limit
                raise
            raise BusyError("not answered in time", self.retry_seconds) from None
        finally:
            if job.taken < job.weight:
                self._drop(job)

    def _drop(self, job: _Job) -> None:
        with self._changed:
            left, job.taken = job.left, job.weight
            self._waiting -= left
        self._watcher.dropped(left)

    def _work(self) -> None:
        while (parts := self._take()) is not None:
            job, _, _ = parts[0]
            loop = job.future.get_loop()
            started = time.perf_counter()
            outcome: object
            try:
                outcome = job.call() if job.call else _probabilities(parts)
            except BaseException as error:
                outcome = _Failure(error)
            if job.call is None:
                pairs = sum(end - start for _, start, end in parts)
                seconds = (time.perf_counter() - started) / pairs
                self._pair_seconds = MEMORY * self._pair_seconds + (1 - MEMORY) * seconds
                self._watcher.batch(pairs, len(parts))
            try:
                loop.call_soon_threadsafe(_settle, parts, outcome)
            except RuntimeError:  # the loop is closed: nobody waits any more
                return

    def _take(self) -> list[_Part] | None:
        """The next pairs for a worker, or one call; None when it is time to stop."""
        with self._changed:
            while True:
                parts: list[_Part] = []
                room = min(self._batch_pairs, math.ceil(self._waiting / self.workers))
                for _ in range(len(self._queue)):
                    job = self._queue[0]
                    if job.left and parts and not _together(parts[0][0], job):
                        break
                    self._queue.popleft()
                    number = job.left if job.call else min(room, job.left)
                    if not number:
                        continue
                    parts.append((job, job.taken, job.taken + number))
                    job.taken += number
                    self._waiting -= number
                    room -= number
                    if job.left:
                        self._queue.append(job)
                    if job.call or room <= 0:
                        break
                if parts:
                    return parts
                if self._stopping:
                    return None
                self._changed.wait()


@dataclass(frozen=True)
class _Failure:
    error: BaseException


def _together(first: _Job, job: _Job) -> bool:
    return (
        job.call is None
        and first.call is None
        and first.classifier is job.classifier
        and (first.contexts is None) == (job.contexts is None)
    )


def _probabilities(parts: list[_Part]) -> np.ndarray:
    texts = [text for job, start, end in parts for text in job.texts[start:end]]
    targets = [target for job, start, end in parts for target in job.targets[start:end]]
    contexts = [c for job, start, end in parts for c in (job.contexts or ())[start:end]]
    classifier = parts[0][0].classifier
    assert classifier is not None  # noqa: S101
    return classifier.predict_proba(texts, targets, contexts or None)


def _settle(parts: list[_Part], outcome: object) -> None:
    """In the event loop: hand each request its rows, and the answer once all are there."""
    row = 0
    for job, start, end in parts:
        if job.future.done():
            pass
        elif isinstance(outcome, _Failure):
            job.future.set_exception(outcome.error)
        elif job.call:
            job.future.set_result(outcome)
        else:
            assert isinstance(outcome, np.ndarray)  # noqa: S101
            job.rows[start:end] = outcome[row : row + end - start]
            job.open -= end - start
            if not job.open:
                job.future.set_result(np.stack(job.rows))
        row += end - start
