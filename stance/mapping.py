"""Independent units of work, done here, by several processes, or over Ray: the stage does not know which.

A unit is small to send (names and numbers, not rows), its work can be repeated without harm, and what it makes appears
whole in a file. So a run goes on after its driver or a worker died: the stage leaves out the units that are done.
"""

import importlib.util
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, TypeVar

from pydantic import Field, model_validator

from stance.config import ConfigError, StageConfig

Unit = TypeVar("Unit")
Result = TypeVar("Result")
MapperName = Literal["local", "ray"]


class Mapper(Protocol):
    """Does units somewhere."""

    def __call__(self, open_worker: Callable[[], Callable[[Unit], Result]], units: Sequence[Unit]) -> Iterator[Result]:
        """The result of each unit, as they are done, in any order.

        `open_worker` is called once in each worker, to load what is needed for all its units; both it and units are
        pickled. An exception of the work ends the run.
        """
        ...


class MappedStageConfig(StageConfig):
    """A stage whose work may be spread; how is no part of the manifest's key, since the output is the same."""

    mapper: MapperName = "local"
    """local: processes on this machine; ray: Ray Data, here or on a cluster. See docs/scale-out.md."""
    workers: int | None = Field(default=None, ge=1)
    """Processes that work; null is one a core, of the machine or of the cluster."""
    address: str | None = None
    """The Ray cluster to join, `auto` on one of its machines; null starts one on this machine. Only for mapper=ray."""

    how: ClassVar[frozenset[str]] = frozenset({"mapper", "workers", "address"})

    @model_validator(mode="after")
    def _address_is_of_ray(self) -> "MappedStageConfig":
        if self.address is not None and self.mapper != "ray":
            raise ValueError("address is where a Ray cluster is: add mapper=ray, or leave it out")
        return self


def choose_mapper(name: MapperName, workers: int | None, address: str | None = None, *, threads: int = 1) -> Mapper:
    """The mapper asked for; `threads` are what each worker keeps busy. Raises ConfigError when Ray is not installed."""
    if name == "local":
        return Processes(workers or max(1, (os.cpu_count() or 1) // threads))
    if importlib.util.find_spec("ray") is None:
        raise ConfigError("mapper=ray needs Ray Data: pip install 'stance[ray]'")
    from stance.scale import RayMapper

    return RayMapper(workers, address, threads)


def map_here(open_worker: Callable[[], Callable[[Unit], Result]], units: Sequence[Unit]) -> Iterator[Result]:
    """One unit after the other, in this process."""
    if units:
        work = open_worker()
        yield from map(work, units)


@dataclass(frozen=True)
class Processes:
    """So many processes of this machine; a single unit is done in this one."""

    workers: int

    def __call__(self, open_worker: Callable[[], Callable[[Unit], Result]], units: Sequence[Unit]) -> Iterator[Result]:
        """See Mapper. A worker that is killed ends the run; what was done stays."""
        if self.workers == 1 or len(units) <= 1:
            yield from map_here(open_worker, units)
            return
        # spawn, not fork: a forked copy of a process with threads may hang.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(self.workers, len(units)), context, _start, (open_worker,)) as pool:
            futures = [pool.submit(_work, unit) for unit in units]
            workers = multiprocessing.active_children()
            try:
                for done in as_completed(futures):
                    yield done.result()
            except BrokenProcessPool:
                # Ctrl-C reaches the workers too, and their end may be seen before the signal is.
                if any(worker.exitcode == -signal.SIGINT for worker in workers):
                    raise KeyboardInterrupt from None
                raise
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


_opened: list[Callable[[Any], Any]] = []
"""In a worker process: what it does with a unit."""


def _start(open_worker: Callable[[], Callable[[Any], Any]]) -> None:
    # Ctrl-C reaches every process: workers end at once and in silence, the first process says what happened.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _opened.append(open_worker())


def _work(unit: Any) -> Any:
    return _opened[0](unit)
