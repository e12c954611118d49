import numpy as np
import pytest

from stance.export.rounding import round_weight


@pytest.fixture(scope="module")
def layer() -> tuple[np.ndarray, np.ndarray]:
    """(inputs of few directions, as those of an encoder are, and a weight)."""
    random = np.random.default_rng(0)
    inputs = random.standard_normal((400, 8)) @ random.standard_normal((8, 96)) + 0.1 * random.standard_normal(
        (400, 96)
    )
    return inputs, random.standard_normal((96, 16)).astype(np.float32)


def test_outputs_stay_nearer_than_with_each_weight_rounded_alone(layer: tuple[np.ndarray, np.ndarray]) -> None:
    inputs, weight = layer
    exact = inputs @ weight
    errors = []
    for products in (None, inputs.T @ inputs):
        integers, scale = round_weight(weight, products)
        assert integers.dtype == np.int8
        assert scale.shape == (16,)
        errors.append(np.sqrt(((inputs @ (integers * scale) - exact) ** 2).mean()))
    assert errors[1] < errors[0] / 2


def test_without_inputs_to_learn_from_every_weight_goes_to_its_nearest_integer() -> None:
    weight = np.array([[1.0, -2.0], [0.5, 0.0]], dtype=np.float32)
    integers, scale = round_weight(weight, None)
    np.testing.assert_array_equal(integers, [[127, -127], [64, 0]])
    np.testing.assert_allclose(scale, [1 / 127, 2 / 127])


def test_inputs_that_never_vary_are_no_obstacle() -> None:
    weight = np.ones((4, 2), dtype=np.float32)
    integers, scale = round_weight(weight, np.zeros((4, 4)))
    np.testing.assert_allclose(integers * scale, weight, rtol=1e-6)
