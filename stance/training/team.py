"""The processes that train one model together: one, or as many as `torchrun` starts."""

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import torch
    from torch import nn

Item = TypeVar("Item")
Result = TypeVar("Result")


class Team:
    """The processes of a run. Alone it does nothing; with others it hands the work to `accelerate`."""

    rank = 0
    size = 1

    def wrap(self, model: "nn.Module") -> "nn.Module":
        """The model to call in training, with its gradients summed over the team."""
        return model

    def quiet(self, wrapped: "nn.Module") -> AbstractContextManager[Any]:
        """Context of a backward pass whose gradients stay with this process until a later one sums them all."""
        del wrapped
        return nullcontext()

    def total(self, value: "torch.Tensor") -> "torch.Tensor":
        """The sum of a scalar over the team."""
        return value

    def gather(self, items: list[Item]) -> list[Item]:
        """The lists of all processes, one after the other by rank."""
        return items

    def tell(self, value: Item) -> Item:
        """What the leading process gave, everywhere."""
        return value

    def wait(self) -> None:
        """Until all processes are here."""


class Several(Team):
    """More than one process, as the environment set by `torchrun` says."""

    def __init__(self) -> None:
        import torch
        from accelerate import Accelerator

        self._accelerator: Accelerator = Accelerator(cpu=not torch.cuda.is_available())
        self.rank, self.size = self._accelerator.process_index, self._accelerator.num_processes

    def wrap(self, model: "nn.Module") -> "nn.Module":
        """DistributedDataParallel over the team; its mean of the gradients is why losses are scaled by `size`."""
        return self._accelerator.prepare_model(model)

    def quiet(self, wrapped: "nn.Module") -> AbstractContextManager[Any]:
        """Without communication."""
        return self._accelerator.no_sync(wrapped)

    def total(self, value: "torch.Tensor") -> "torch.Tensor":
        """By all-reduce."""
        return self._accelerator.reduce(value, reduction="sum")

    def gather(self, items: list[Item]) -> list[Item]:
        """By pickling among our own processes."""
        from accelerate.utils import gather_object

        return gather_object(items)

    def tell(self, value: Item) -> Item:
        """By broadcast from rank 0."""
        from accelerate.utils import broadcast_object_list

        box = [value]
        broadcast_object_list(box)
        return box[0]

    def wait(self) -> None:
        """At a barrier."""
        self._accelerator.wait_for_everyone()


def join_team() -> Team:
    """The team that the environment describes."""
    return Several() if int(os.environ.get("WORLD_SIZE", "1")) > 1 else Team()


def share_of(indices: Sequence[int], team: Team) -> list[int]:
    """Every `size`-th index: of a list sorted by length every process gets about the same number of tokens."""
    return list(indices[team.rank :: team.size])


def lead(
    team: Team, build: Callable[[Callable[[Path], None]], Result], work: Callable[[Path], object]
) -> Result | None:
    """Rank 0 runs `build(announce)` and returns what it returned; the others run `work(folder)` when it is announced.

    `build` calls `announce` when there is work to do. When it ends without, the others have nothing to do.
    """
    announced = False
    result: Result | None = None

    def announce(folder: Path) -> None:
        nonlocal announced
        announced = True
        team.tell(str(folder))

    if team.rank == 0:
        try:
            result = build(announce)
        finally:
            if not announced:
                team.tell("")
    elif folder := team.tell(""):
        work(Path(folder))
    team.wait()
    return result
