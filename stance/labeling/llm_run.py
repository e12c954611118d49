"""Items -> answers on record, many requests in flight; what is interrupted loses no answer that came."""

import asyncio
import logging
import random
import signal
import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field

from stance.config import Config, ConfigError
from stance.labeling.llm_answer import InvalidAnswer, parse_answer
from stance.labeling.llm_budget import Budget, Estimator
from stance.labeling.llm_client import Busy, Client, Completion, Refused
from stance.labeling.llm_prompt import Item, Message, Prompt
from stance.labeling.llm_store import ANSWERED, INVALID, Attempt, Store, Usage
from stance.labels import LabelScheme

LOG_EVERY_SECONDS = 10.0
SYNC_EVERY_SECONDS = 1.0
"""A power cut loses at most the answers of this time; a killed process none."""
NO_ANSWER = "no answer"
"""Why an item is left that may get one from the same command later."""
DRY_SPELL = 20
"""So many items in a row without an answer, and the run gives up: the fault is not theirs."""
log = logging.getLogger(__name__)


class AskingConfig(Config):
    """How many requests go out, how often, and how much they may cost."""

    cache: Path = Path("outputs/llm-answers.sqlite")
    """File that keeps every answer paid for, for all runs and models; delete it to ask anew."""
    concurrency: int = Field(default=8, ge=1)
    """Requests in flight."""
    attempts: int = Field(default=8, ge=1)
    """How often an item is tried in one run when the server is busy, fails or stalls."""
    invalid_retries: int = Field(default=2, ge=0)
    """How often an item is asked again after an answer outside the scheme; then it counts as an abstention."""
    first_wait_seconds: float = Field(default=1.0, gt=0)
    """Pause after a failure; doubled with each further one, less up to half by chance."""
    max_wait_seconds: float = Field(default=60.0, gt=0)
    """Longest pause; a server that asks for a longer one (Retry-After) gets no more requests of that item."""
    budget_money: float | None = Field(default=None, ge=0)
    """Limit on all that this model and prompt have cost so far and will cost; null is none."""
    budget_tokens: int | None = Field(default=None, ge=0)
    """The same in tokens, read and written."""
    yes: bool = False
    """Do not ask before spending."""


@dataclass
class Outcome:
    """What a run did; `problems` has one line for every item that has no answer in the store, with the reason."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: dict[str, tuple[str, str]] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class Request:
    """An item with its key, its size in bytes and what is on record of it."""

    item: Item
    key: str
    messages: Sequence[Message]
    size: int
    earlier: Sequence[Attempt] = ()

    def invalid(self) -> list[Attempt]:
        """Answers outside the scheme so far."""
        return [a for a in self.earlier if a.outcome == INVALID]

    def is_open(self, invalid_retries: int) -> bool:
        """Whether it has to be asked: not where an answer is on record, or too many were of no use."""
        return all(a.outcome != ANSWERED for a in self.earlier) and len(self.invalid()) <= invalid_retries


def ask_all(
    requests: Sequence[Request],
    *,
    job: str,
    prompt: Prompt,
    scheme: LabelScheme,
    client: Client,
    store: Store,
    budget: Budget,
    estimator: Estimator,
    config: AskingConfig,
) -> Outcome:
    """Ask every request that is open, keys being unique; the answers are in `store`.

    Ctrl-C (or SIGTERM) sends nothing more, waits for what is in flight, and raises KeyboardInterrupt; a second one
    does not wait. Raises ConfigError when no request can succeed.
    """
    run = _Run(job, prompt, scheme, client, store, budget, estimator, config)
    asyncio.run(run.all([r for r in requests if r.is_open(config.invalid_retries)]))
    if run.fatal is not None:
        raise run.fatal
    if run.interrupted:
        raise KeyboardInterrupt
    return run.outcome


@dataclass
class _Run:
    job: str
    prompt: Prompt
    scheme: LabelScheme
    client: Client
    store: Store
    budget: Budget
    estimator: Estimator
    config: AskingConfig
    outcome: Outcome = field(default_factory=Outcome)
    total: int = 0
    fatal: Exception | None = None
    interrupted: bool = False
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _dry: int = 0
    _quiet_until: float = 0.0
    _logged: float = 0.0

    async def all(self, requests: Sequence[Request]) -> None:
        started = self._logged = time.monotonic()
        self.total = len(requests)
        syncing = asyncio.create_task(self._sync())
        queue = iter(requests)
        try:
            async with self.client:
                with self._drain_on_signal():
                    async with asyncio.TaskGroup() as group:
                        for _ in range(min(self.config.concurrency, len(requests))):
                            group.create_task(self._work(queue))
        except asyncio.CancelledError:
            if not self.interrupted:
                raise
        finally:
            syncing.cancel()
        self.outcome.seconds = time.monotonic() - started

    async def _sync(self) -> None:
        while True:
            await asyncio.sleep(SYNC_EVERY_SECONDS)
            await asyncio.to_thread(self.store.sync)

    async def _work(self, queue: Iterator[Request]) -> None:
        for request in queue:
            if self._stopping.is_set():
                return
            try:
                await self._label(request)
            except (ConfigError, OSError) as error:
                # Not raised here, which would cancel the requests in flight: they are paid for.
                self.fatal = self.fatal or error
                self._stopping.set()
            if time.monotonic() - self._logged > LOG_EVERY_SECONDS:
                self._logged = time.monotonic()
                done = sum(self.outcome.counts[name] for name in ("answered", "gave up")) + len(self.outcome.problems)
                log.info("%d of %d items, %.4f spent", done, self.total, self.budget.spent.cost)

    async def _label(self, request: Request) -> None:
        """Ask until there is a valid answer, or nothing more is to be tried."""
        invalid, failures = len(request.invalid()), 0
        problem = _why_invalid(request, self.scheme)
        while invalid <= self.config.invalid_retries:
            await self._pause((self._quiet_until - time.monotonic()) * random.uniform(1.0, 1.1))  # noqa: S311
            if self._stopping.is_set():
                return self._leave(request, "interrupted", "")
            messages = self.prompt.corrected(request.messages, problem) if problem else request.messages
            size = len(self.client.body(messages)) if problem else request.size
            bound = self.estimator.bound(size)
            if not await self.budget.reserve(bound):
                return self._leave(request, "budget spent", "raise label_llm.asking.budget_money or budget_tokens")
            try:
                problem = await self._send(request, messages, size, bound, f"{request.key}-{invalid}")
            except Refused as refusal:
                self._note_dry(str(refusal))
                return self._leave(request, "refused by the server", str(refusal))
            except Busy as busy:
                failures += 1
                self.outcome.counts[f"failed: {busy}"] += 1
                wait = self._wait_seconds(failures, busy)
                if failures == self.config.attempts or wait > self.config.max_wait_seconds:
                    self._note_dry(str(busy))
                    return self._leave(request, NO_ANSWER, f"{busy}, {failures} times")
                await self._pause(wait)
                continue
            self._dry = 0
            if not problem:
                self.outcome.counts["answered"] += 1
                return None
            invalid += 1
            self.outcome.counts["invalid answers"] += 1
        self.outcome.counts["gave up"] += 1
        return None

    async def _send(self, request: Request, messages: Sequence[Message], size: int, bound: Usage, name: str) -> str:
        """One request, on record before it leaves and after it came back; the budget is settled whatever happens.

        Returns what is wrong with the answer; nothing where it is valid.
        """
        billed: Usage | None = bound
        try:
            number = self.store.sending(request.key, self.job, bound)
            try:
                answer = await self.client.complete(messages, name)
            except (Busy, Refused, ConfigError) as failure:
                if isinstance(failure, Busy) and failure.maybe_paid:
                    self.store.lose(number)
                else:
                    self.store.withdraw(number)
                    billed = None
                raise
            billed = self._billed(answer, bound)
            if answer.tokens_in is not None:
                self.estimator.learn(size, answer.tokens_in)
            problem = _problem(answer.content, self.scheme)
            outcome = INVALID if problem else ANSWERED
            self.store.settle(number, outcome, answer.content, answer.model, billed, answer.seconds)
            return problem
        finally:
            await self.budget.settle(bound, billed)

    def _billed(self, answer: Completion, bound: Usage) -> Usage:
        tokens_in = bound.tokens_in if answer.tokens_in is None else answer.tokens_in
        tokens_out = bound.tokens_out if answer.tokens_out is None else answer.tokens_out
        return self.estimator.prices.usage(tokens_in, tokens_out)

    def _leave(self, request: Request, reason: str, detail: str) -> None:
        self.outcome.problems[request.key] = (reason, detail)

    def _note_dry(self, problem: str) -> None:
        self._dry += 1
        if self._dry >= max(DRY_SPELL, self.config.concurrency):
            raise ConfigError(f"label_llm.server: {self._dry} items in a row got no answer, the last: {problem}")

    def _wait_seconds(self, failures: int, busy: Busy) -> float:
        """Exponential back-off with jitter; what the server asks for holds for all requests, not only this one."""
        own = min(self.config.first_wait_seconds * 2.0 ** (failures - 1), self.config.max_wait_seconds)
        own *= random.uniform(0.5, 1.0)  # noqa: S311
        if busy.wait_seconds is None:
            return own
        if busy.wait_seconds <= self.config.max_wait_seconds:
            self._quiet_until = max(self._quiet_until, time.monotonic() + busy.wait_seconds)
        return busy.wait_seconds

    async def _pause(self, seconds: float) -> None:
        """Wait, but not beyond the moment at which the run is stopped."""
        if seconds > 0:
            try:
                await asyncio.wait_for(self._stopping.wait(), seconds)
            except TimeoutError:
                return

    @contextmanager
    def _drain_on_signal(self) -> Generator[None]:
        loop, main = asyncio.get_running_loop(), asyncio.current_task()

        def stop() -> None:
            if self.interrupted and main is not None:
                main.cancel()
            self.interrupted = True
            self._stopping.set()
            log.info("stopping: waiting for the answers in flight; once more to leave at once")

        handled: list[signal.Signals] = []
        for name in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(name, stop)
                handled.append(name)
            except (RuntimeError, ValueError, NotImplementedError):  # not the main thread, or Windows
                break
        try:
            yield
        finally:
            for name in handled:
                loop.remove_signal_handler(name)


def _problem(content: str, scheme: LabelScheme) -> str:
    """Why a text is no answer; empty where it is one."""
    try:
        parse_answer(content, scheme)
    except InvalidAnswer as problem:
        return str(problem)
    return ""


def _why_invalid(request: Request, scheme: LabelScheme) -> str:
    """Why the last answer on record is of no use; empty where there is none."""
    invalid = request.invalid()
    return _problem(invalid[-1].raw or "", scheme) if invalid else ""
