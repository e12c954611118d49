import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.dataset.splits import SPLITS, assign_splits, connected_groups

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
