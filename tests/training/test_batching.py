from hypothesis import given
from hypothesis import strategies as st

from stance.training.batching import in_one, plan_steps, schedule


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


def test_several_passes_in_one_epoch_are_the_same_steps() -> None:
    plan = plan_steps([5] * 40, 50, 6, 0)
    joined = in_one(plan, 3)
    assert len(joined) == 2
    assert [step for steps in joined for step in steps] == [step for steps in plan for step in steps]


def test_batches_hold_little_padding() -> None:
    lengths = [5 + (i * 7919) % 60 for i in range(2000)]
    (steps,) = plan_steps(lengths, 1024, 1, seed=0)
    padded = sum(len(step) * max(lengths[i] for i in step) for step in steps)
    assert padded < 1.15 * sum(lengths)


def test_every_phase_warms_up_and_decays_on_its_own() -> None:
    phases = [plan_steps([8] * 320, 64, 1, seed=0), plan_steps([8] * 160, 64, 2, seed=1)]
    steps = schedule(phases, warmup_fraction=0.1, warmup_steps=0)
    assert [len([s for s in steps if s.epoch == epoch]) for epoch in (0, 1, 2)] == [40, 20, 20]
    assert [s.main for s in steps] == [False] * 40 + [True] * 40
    for phase in (steps[:40], steps[40:]):
        rates = [s.rate for s in phase]
        assert rates[:4] == [0.25, 0.5, 0.75, 1.0]
        assert rates[3:] == sorted(rates[3:], reverse=True)
        assert rates[-1] == 1 / 36


def test_a_short_phase_warms_up_longer_than_its_fraction() -> None:
    phases = [[[[0]] * 130], [[[0]] * 1000], [[[0]] * 10]]
    rates = [s.rate for s in schedule(phases, warmup_fraction=0.1, warmup_steps=40)]
    assert [phase.index(1.0) + 1 for phase in (rates[:130], rates[130:1130], rates[1130:])] == [40, 100, 5]
