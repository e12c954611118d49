import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.dataset.splits import SPLITS, assign_splits, connected_groups, take_groups
from stance.records import Example

SHARES = {"dev": 0.15, "test": 0.2}


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=3), max_size=8))
def test_items_of_one_link_share_a_group_and_nothing_else_does(links: list[list[str]]) -> None:
    groups = connected_groups(links)
    for link in links:
        assert len({groups[item] for item in link}) == 1
    for name in set(groups.values()):
        members = {item for item, group in groups.items() if group == name}
        touching = [link for link in links if members & set(link)]
        assert set().union(*touching) == members
        assert name == min(members)


@given(
    st.dictionaries(st.text(min_size=1, max_size=4), st.integers(1, 30), min_size=12, max_size=60), st.integers(0, 9)
)
@hypothesis.example({"0": 5} | dict.fromkeys("123456789:;", 1), 0)
def test_every_group_is_assigned_once_and_shares_are_near(sizes: dict[str, int], seed: int) -> None:
    assigned = assign_splits(sizes, SHARES, seed)
    assert assigned.keys() == sizes.keys()
    assert set(assigned.values()) == set(SPLITS)
    assert assigned == assign_splits(dict(reversed(sizes.items())), SHARES, seed)
    total, largest = sum(sizes.values()), max(sizes.values())
    for split, share in SHARES.items():
        size = sum(sizes[group] for group, where in assigned.items() if where == split)
        assert abs(size - share * total) <= largest


def test_too_few_groups_say_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"2 independent groups .* leave the split .* empty; label more articles"):
        assign_splits({"a": 5, "b": 5}, SHARES, 0)


def example(group: str, number: int) -> Example:
    values = dict.fromkeys(Example.model_fields) | {
        "id": f"{group}{number}",
        "label": "favor",
        "probabilities": (1.0,),
        "weight": 1.0,
        "tags": (),
        "document": group,
        "start": 0,
        "end": 1,
        "group": group,
        "source": "human",
    }
    return Example.model_validate(values | dict.fromkeys(("text", "target", "before", "after"), "x"))


def test_a_learning_curve_is_nested_and_takes_whole_groups() -> None:
    examples = [example(group, i) for group in "abcdefgh" for i in range(10)]
    small, spare = take_groups(examples, 20, seed=3)
    large, _ = take_groups(examples, 50, seed=3)
    assert (len(small), len(spare), len(large)) == (20, 60, 50)
    assert {e.group for e in small} < {e.group for e in large}
    assert not {e.group for e in small} & {e.group for e in spare}
    assert len(take_groups(examples, 1, seed=0)[0]) == 10
