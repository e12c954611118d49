from hypothesis import given
from hypothesis import strategies as st

from stance.training.batching import plan_steps


@given(st.lists(st.integers(3, 60), min_size=1, max_size=200), st.integers(0, 5))
def test_every_epoch_sees_every_example_once_within_the_budget(lengths: list[int], seed: int) -> None:
    plan = plan_steps(lengths, batch_tokens=256, epochs=2, seed=seed)
    assert len(plan) == 2
    for steps in plan:
        assert sorted(i for step in steps for i in step) == list(range(len(lengths)))
        assert all(len(step) * max(lengths[i] for i in step) <= 256 for step in steps)


def test_the_plan_is_a_function_of_its_arguments() -> None:
    lengths = [5 + i % 17 for i in range(300)]
    assert plan_steps(lengths, 256, 2, seed=1) == plan_steps(lengths, 256, 2, seed=1)
    assert plan_steps(lengths, 256, 2, seed=1) != plan_steps(lengths, 256, 2, seed=2)
    first, second = plan_steps(lengths, 256, 2, seed=1)
    assert first != second


def test_batches_hold_little_padding() -> None:
    lengths = [5 + (i * 7919) % 60 for i in range(2000)]
    (steps,) = plan_steps(lengths, 1024, 1, seed=0)
    padded = sum(len(step) * max(lengths[i] for i in step) for step in steps)
    assert padded < 1.15 * sum(lengths)
