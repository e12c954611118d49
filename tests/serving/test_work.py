"""The queue: answers, order, bounds, deadlines, and what is left out."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from stance.serving.metrics import Metrics
from stance.serving.work import BusyError, Context, Pool

SOON, LATER = 5.0, 60.0


class Lengths:
    """Answers with the lengths of text, target and context; waits at a gate, and notes what it was asked."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.batches: list[list[str]] = []

    def predict_proba(
        self, texts: Sequence[str], targets: Sequence[str], contexts: Sequence[Context] | None = None
    ) -> np.ndarray:
        self.entered.set()
        self.batches.append(list(texts))
        assert self.gate.wait(30)
        if "bad" in texts:
            raise ValueError("bad")
        around = contexts or [("", "")] * len(texts)
        return np.array([(len(a), len(b), len(c[0])) for a, b, c in zip(texts, targets, around, strict=True)], float)


@pytest.fixture
def lengths() -> Lengths:
    return Lengths()


@pytest.fixture
def pool() -> Iterator[Callable[..., Pool]]:
    made: list[Pool] = []

    def make(workers: int = 1, batch_pairs: int = 8, most: int = 100) -> Pool:
        made.append(Pool(workers, batch_pairs, most, Metrics()))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def ask(pool: Pool, classifier: Any, texts: Sequence[str], seconds: float = LATER) -> Awaitable[np.ndarray]:
    deadline = asyncio.get_running_loop().time() + seconds
    return asyncio.ensure_future(pool.predict_proba(classifier, texts, ["t"] * len(texts), None, deadline))


async def occupied(pool: Pool, lengths: Lengths) -> Awaitable[np.ndarray]:
    """The one worker is at work and stays so until the gate opens."""
    lengths.gate.clear()
    lengths.entered.clear()
    first = ask(pool, lengths, ["first"])
    assert await asyncio.to_thread(lengths.entered.wait, SOON)
    return first


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("batch_pairs", [1, 3, 8])
def test_every_request_gets_its_own_rows_in_order(pool: Any, lengths: Lengths, workers: int, batch_pairs: int) -> None:
    made = pool(workers, batch_pairs, 1000)
    requests = [["x" * (i + j) for j in range(i % 7 + 1)] for i in range(40)]

    async def main() -> list[np.ndarray]:
        return await asyncio.gather(*(ask(made, lengths, texts) for texts in requests))

    for texts, rows in zip(requests, asyncio.run(main()), strict=True):
        assert rows[:, 0].tolist() == [len(text) for text in texts]
    assert max(map(len, lengths.batches)) <= batch_pairs
    assert sum(map(len, lengths.batches)) == sum(map(len, requests))


def test_requests_that_wait_share_a_batch_and_a_long_one_holds_up_nobody(pool: Any, lengths: Lengths) -> None:
    made = pool(1, 8, 1000)

    async def main() -> list[str]:
        order: list[str] = []
        first = await occupied(made, lengths)
        asked = {"long": ["long"] * 40, "a": ["a"], "b": ["b"]}
        tasks = {name: ask(made, lengths, texts) for name, texts in asked.items()}
        for name, task in tasks.items():
            task.add_done_callback(lambda _, name=name: order.append(name))
        await asyncio.sleep(0)
        lengths.gate.set()
        await asyncio.gather(first, *tasks.values())
        await asyncio.sleep(0)
        return order

    assert asyncio.run(main()) == ["a", "b", "long"]
    assert lengths.batches[1] == ["long"] * 8
    assert lengths.batches[2] == ["a", "b", *["long"] * 6]


def test_a_full_queue_refuses_and_says_when_to_come_back(pool: Any, lengths: Lengths) -> None:
    made = pool(1, 8, 10)

    async def main() -> None:
        first = await occupied(made, lengths)
        waiting = ask(made, lengths, ["x"] * 10)
        await asyncio.sleep(0)
        assert made.waiting_pairs == 10
        with pytest.raises(BusyError) as error:
            await ask(made, lengths, ["y"])
        assert 1 <= error.value.retry_seconds <= 60
        lengths.gate.set()
        await asyncio.gather(first, waiting)
        assert made.waiting_pairs == 0
        assert len(await ask(made, lengths, ["z"] * 30)) == 30  # nobody waits: even a long one may come

    asyncio.run(main())
    assert ["y"] not in lengths.batches


def test_what_is_late_or_cancelled_is_dropped_and_makes_room(pool: Any, lengths: Lengths) -> None:
    made = pool(1, 8, 10)

    async def main() -> None:
        first = await occupied(made, lengths)
        late, left = ask(made, lengths, ["late"] * 4, 0.02), ask(made, lengths, ["left"] * 6)
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="in time"):
            await late
        left.cancel()
        await asyncio.gather(left, return_exceptions=True)
        assert made.waiting_pairs == 0
        next_one = ask(made, lengths, ["next"])
        lengths.gate.set()
        await asyncio.gather(first, next_one)

    asyncio.run(main())
    assert lengths.batches == [["first"], ["next"]]


def test_a_model_never_answers_for_another(pool: Any, lengths: Lengths) -> None:
    made, other = pool(1, 8, 100), Lengths()

    async def main() -> None:
        first = await occupied(made, lengths)
        rest = [ask(made, [lengths, other][i % 2], [str(i)]) for i in range(6)]
        lengths.gate.set()
        await asyncio.gather(first, *rest)

    asyncio.run(main())
    assert sorted(t for batch in other.batches for t in batch) == ["1", "3", "5"]


def test_calls_take_their_turn_and_faults_go_to_who_asked(pool: Any, lengths: Lengths) -> None:
    made = pool(1, 1, 100)

    async def main() -> None:
        now = asyncio.get_running_loop().time()
        with pytest.raises(ZeroDivisionError):
            await made.run(lambda: 1 // 0, now + LATER)
        with pytest.raises(ValueError, match="bad"):
            await ask(made, lengths, ["bad"])
        assert await made.run(lambda: "done", now + LATER) == "done"

    asyncio.run(main())
