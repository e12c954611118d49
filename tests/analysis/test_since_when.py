"""Periods, events, change points."""

import numpy as np
import pytest
import ruptures

from stance.analysis.changes import change_points, seeded_intervals, split_gains
from stance.analysis.periods import Event, middle, period, place_in_time, read_events
from stance.config import DataError


def test_noise_has_no_change_points() -> None:
    random = np.random.default_rng(0)
    alarms = sum(bool(change_points(random.normal(size=60), shuffles=199)) for _ in range(200))
    # 5% of 200 is 10, with a standard deviation of 3.1.
    assert alarms <= 19


def test_noise_of_unlike_spread_has_none_either() -> None:
    """Articles of few sentences are noisier: shares of three values, some series nearly constant."""
    random = np.random.default_rng(1)
    alarms = sum(
        bool(change_points(random.binomial(3, 0.1, size=80) / 3 - random.binomial(3, 0.1, size=80) / 3, shuffles=199))
        for _ in range(200)
    )
    assert alarms <= 19
    assert change_points(np.zeros(40)) == []


def test_a_step_is_found_where_it_is() -> None:
    random = np.random.default_rng(2)
    values = np.concatenate([random.normal(0, 1, 50), random.normal(1.5, 1, 50)])
    (change,) = change_points(values)
    assert abs(change.index - 50) <= 3
    assert change.low <= 50 <= change.high
    assert change.before == pytest.approx(values[: change.index].mean())
    assert change.after - change.before > 1
    assert change.p == pytest.approx(0.001)


def test_a_rise_that_falls_again_is_found() -> None:
    random = np.random.default_rng(3)
    values = np.concatenate([random.normal(0, 1, 60), random.normal(2, 1, 25), random.normal(0, 1, 60)])
    assert [abs(c.index - true) <= 3 for c, true in zip(change_points(values), (60, 85), strict=True)] == [True, True]


def test_a_single_split_is_that_of_ruptures() -> None:
    values = np.random.default_rng(4).normal(size=50)
    gains = split_gains(values[None], 5)[0]
    search = ruptures.Binseg(model="l2", min_size=5, jump=1).fit(values)
    point = search.predict(n_bkps=1)[0]
    assert 5 + gains.argmax() == point
    dropped = search.cost.error(0, 50) - search.cost.error(0, point) - search.cost.error(point, 50)
    assert gains.max() == pytest.approx(dropped)


def test_short_series_have_none_and_equal_requests_give_equal_answers() -> None:
    assert change_points(np.arange(9.0)) == []
    values = np.random.default_rng(5).normal(size=40)
    values[20:] += 2
    assert change_points(values) == change_points(values)
    assert all(0 <= low < high <= 37 and high - low >= 10 for low, high in seeded_intervals(37, 10))


@pytest.mark.parametrize(
    ("published", "unit", "name"),
    [
        ("2011-03-19", "month", "2011-03"),
        ("2011-03-19", "quarter", "2011 Q1"),
        ("2011-10", "quarter", "2011 Q4"),
        ("2011", "year", "2011"),
        ("2011", "month", None),
        ("1999-12-31", "decade", "1990s"),
        (None, "year", None),
    ],
)
def test_a_date_lies_in_its_period(published: str | None, unit: str, name: str | None) -> None:
    assert period(published, unit) == name  # ty: ignore[invalid-argument-type]


def test_periods_are_drawn_in_order_of_time() -> None:
    assert middle("2011") == pytest.approx(middle("2011-07-02"), abs=0.003)
    assert middle("2011-03") < place_in_time("2011-03-19") < middle("2011 Q2") < middle("2010s")
    assert middle("2010s") == 2015


def test_events_are_read_and_sorted() -> None:
    lines = ["date,label,group", "2014-02-20,war,Ukraine", "2011-03-19,strikes,"]
    assert read_events(lines, "events.csv") == [Event("2011-03-19", "strikes"), Event("2014-02-20", "war", "Ukraine")]


def test_bad_events_are_all_named() -> None:
    with pytest.raises(DataError, match=r"e\.csv:2: .*\n.*e\.csv:3: "):
        read_events(["date,label", "March 2011,strikes", "2011-02-31,strikes", "2011,ok"], "e.csv")
    with pytest.raises(DataError, match="expected the columns date, label"):
        read_events(["when,what", "2011,strikes"], "e.csv")
