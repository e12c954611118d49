"""Units of work over Ray Data, on this machine or a cluster. The only file that knows Ray."""

import logging
import os
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from stance.config import ConfigError

Unit = TypeVar("Unit")
Result = TypeVar("Result")

OBJECT_STORE_BYTES = 100 << 20
"""Of a cluster started here: units and results are small, rows never pass through it."""
LOCALHOST = "127.0.0.1"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RayMapper:
    """A pool of Ray actors, each with `threads` cores; without `workers`, as many as the cluster has room for."""

    workers: int | None = None
    address: str | None = None
    threads: int = 1

    def __call__(self, open_worker: Callable[[], Callable[[Unit], Result]], units: Sequence[Unit]) -> Iterator[Result]:
        """See Mapper. A worker that dies is replaced, and its unit done again; raises ConfigError without a cluster.

        Back-pressure: an actor has one unit at a time, and the others wait as names; only results come back.
        """
        if not units:
            return
        _set_environment(starts=self.address is None)
        import ray.data
        from ray import cloudpickle

        started = self._connect()
        try:
            workers = min(self.workers or self._room(), len(units))
            log.info("%d units over %d Ray workers of %d threads", len(units), workers, self.threads)
            rows = [{"unit": cloudpickle.dumps(unit)} for unit in units]
            results = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
                _Worker,
                fn_constructor_args=(cloudpickle.dumps(open_worker), os.getcwd()),  # noqa: PTH109
                batch_size=None,
                compute=ray.data.ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=1),
                num_cpus=self.threads,
            )
            for row in results.iter_rows():
                outcome = cloudpickle.loads(row["outcome"])
                if isinstance(outcome, Exception):
                    raise outcome
                yield outcome
        finally:
            if started:
                ray.shutdown()

    def _connect(self) -> bool:
        """Join the cluster, or start one; returns whether it has to be left again."""
        import ray.data

        settings = ray.data.DataContext.get_current()
        settings.enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        if ray.is_initialized():
            return False
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        if self.address is not None:
            try:
                ray.init(address=self.address, **quiet)
            except (ConnectionError, ValueError) as error:
                raise ConfigError(f"address {self.address}: no Ray cluster there ({error}); see `ray status`") from None
            return True
        workers = self.workers or max(1, (os.cpu_count() or 1) // self.threads)
        ray.init(
            # One core more than the workers take: Ray Data waits for ever where its own tasks find none.
            num_cpus=workers * self.threads + 1,
            object_store_memory=OBJECT_STORE_BYTES,
            include_dashboard=False,
            _node_ip_address=LOCALHOST,
            **quiet,
        )
        return True

    def _room(self) -> int:
        import ray

        cores = int(ray.cluster_resources().get("CPU", 1))
        return max(1, (cores - (self.address is None)) // self.threads)


def _set_environment(*, starts: bool) -> None:
    """Settings that Ray reads when it is imported, as far as the user has none: no telemetry, no chatter."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    # A token of its own, or any user of this machine could run code in the cluster; from the environment, Ray writes it
    # nowhere. Where Ray was imported before, its own way of authentication stays.
    if starts and "ray" not in sys.modules and "RAY_AUTH_MODE" not in os.environ:
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))


class _Worker:
    """One actor: opened once, then a unit at a time."""

    def __init__(self, open_worker: bytes, folder: str) -> None:
        with suppress(OSError):  # relative names mean the same as for the driver, where its folder is shared
            os.chdir(folder)
        # Loaded with the first unit: a failure is then an outcome, which the driver tells as it is.
        self._opener = open_worker
        self._work: Callable[[Any], Any] | None = None

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[bytes]]:
        from ray import cloudpickle

        return {"outcome": [cloudpickle.dumps(self._outcome(unit)) for unit in batch["unit"]]}

    def _outcome(self, unit: bytes) -> Any:
        from ray import cloudpickle

        try:
            if self._work is None:
                self._work = cloudpickle.loads(self._opener)()
            return self._work(cloudpickle.loads(unit))
        except (ValueError, OSError, ArithmeticError) as error:  # ConfigError and DataError are ValueErrors
            return error
