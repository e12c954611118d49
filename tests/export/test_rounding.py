import numpy as np
import pytest

from stance.export.rounding import QUARTER, round_weight


@pytest.fixture(scope="module")
def layer() -> tuple[np.ndarray, np.ndarray]:
    """(inputs of few directions, as those of an encoder are, and a weight)."""
    random = np.random.default_rng(0)
    inputs = random.standard_normal((400, 8)) @ random.standard_normal((8, 96)) + 0.1 * random.standard_normal(
        (400, 96)
    )
    return inputs, random.standard_normal((96, 16)).astype(np.float32)


def error(layer: tuple[np.ndarray, np.ndarray], weight: np.ndarray) -> float:
    inputs, exact = layer
    return float(np.sqrt(((inputs @ weight - inputs @ exact) ** 2).mean()))


def test_outputs_stay_nearer_than_with_each_weight_rounded_alone(layer: tuple[np.ndarray, np.ndarray]) -> None:
    inputs, weight = layer
    alone, together = (round_weight(weight, products) for products in (None, inputs.T @ inputs))
    assert together.integers.dtype == np.int8
    assert together.scale.shape == (16,)
    assert error(layer, together.weight()) < error(layer, alone.weight()) / 2


def test_the_ninth_bit_is_a_quarter_of_a_step_and_makes_outputs_more_exact(
    layer: tuple[np.ndarray, np.ndarray],
) -> None:
    inputs, weight = layer
    found = round_weight(weight, inputs.T @ inputs)
    assert set(np.unique(np.round(found.weight() / found.scale - found.integers, 4))) == {-QUARTER, QUARTER}
    assert error(layer, found.weight()) < error(layer, found.integers * found.scale) / 2


def test_without_inputs_to_learn_from_every_weight_goes_to_its_nearest_place() -> None:
    found = round_weight(np.array([[1.0, -2.0], [0.5, 0.0]], dtype=np.float32), None)
    np.testing.assert_array_equal(found.integers, [[127, -127], [64, 0]])
    np.testing.assert_array_equal(found.upper[:, 0], [True, False])
    np.testing.assert_allclose(found.scale, [1 / 127, 2 / 127])


def test_inputs_that_never_vary_are_no_obstacle() -> None:
    found = round_weight(np.ones((4, 2), dtype=np.float32), np.zeros((4, 4)))
    np.testing.assert_allclose(found.weight(), 1, rtol=0.26 / 127)
