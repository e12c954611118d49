from pathlib import Path

import pytest

from stance.config import ConfigError
from stance.repeats import Spread, run_seeds, with_seed
from tests.test_configs import composed


def test_the_interval_is_students() -> None:
    spread = Spread((0.60, 0.62, 0.61))
    assert spread.mean == pytest.approx(0.61)
    assert spread.deviation == pytest.approx(0.01)
    assert spread.interval() == pytest.approx((0.61 - 0.024841, 0.61 + 0.024841), abs=1e-5)
    assert str(spread) == "0.610 ± 0.010  [0.585, 0.635]"


def test_a_run_of_several_has_its_own_folders_and_seed() -> None:
    one = with_seed(composed("run=try"), 7)
    assert one.train.seed == 7
    assert one.train.output == Path("outputs/try/seed=7/training") == one.predict.model
    assert one.predict.output == Path("outputs/try/seed=7/predictions") == one.evaluate.predictions
    assert one.train.dataset == Path("outputs/try/dataset")


def test_one_seed_has_no_spread() -> None:
    with pytest.raises(ConfigError, match="at least two different"):
        run_seeds(composed(), [3, 3], lambda *_: None)
