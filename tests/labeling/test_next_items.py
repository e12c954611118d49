import numpy as np
import pytest

from stance.config import ConfigError
from stance.labeling.items import Item
from stance.labeling.learning_curve import Curve, gain_of, learning_curve
from stance.labeling.next_items import Pool, choose, vote_entropy
from stance.labeling.queue import describe_plan, plan_queue, queue_of, to_adjudicate
from stance.records import Gold, Vote

SIZE = 60
TEXTS = [f"sentence {i} on {'ships' if i % 2 else 'planes'}" for i in range(SIZE)]


def pool() -> Pool:
    sure = np.tile([0.9, 0.1, 0.0, 0.0], (SIZE, 1))
    sure[7] = [0.26, 0.25, 0.25, 0.24]
    disagreement = np.zeros(SIZE)
    disagreement[11] = vote_entropy(["favor", "against"])
    return Pool(TEXTS, sure, disagreement)


def test_every_reason_gets_its_turn_and_only_random_items_have_a_probability() -> None:
    choices = choose(pool(), 10, 0.4, seed=1)
    assert len({choice.index for choice in choices}) == 10
    by_reason = {reason: [c.index for c in choices if c.reason == reason] for reason in {c.reason for c in choices}}
    assert len(by_reason["random"]) == 4
    assert by_reason["uncertainty"][0] == 7
    assert by_reason["disagreement"] == [11]
    assert {c.inclusion_probability for c in choices if c.reason == "random"} == {4 / SIZE}
    assert {c.inclusion_probability for c in choices if c.reason != "random"} == {None}


def test_the_random_part_is_as_often_any_item_as_it_says() -> None:
    counts = np.zeros(SIZE)
    for seed in range(400):
        for choice in choose(Pool(TEXTS), 15, 1.0, seed):
            counts[choice.index] += 1
    assert counts.mean() == 400 * 15 / SIZE
    # Five standard deviations of a binomial count.
    assert np.abs(counts - 100).max() < 5 * np.sqrt(400 * 0.25 * 0.75)


def test_diversity_takes_what_is_unlike_the_rest() -> None:
    texts = ["jets struck the port"] * 8 + ["a council voted on money"]
    assert 8 in [choice.index for choice in choose(Pool(texts), 2, 0.0, seed=0)]


def test_a_pool_that_is_too_small_is_taken_whole() -> None:
    assert sorted(choice.index for choice in choose(Pool(TEXTS[:5]), 50, 0.5, seed=0)) == [0, 1, 2, 3, 4]


def plan(**changes: object) -> list:
    values: dict = {"size": 20, "random_share": 0.5, "coders_per_item": 2, "purpose": "train", "seed": 3}
    return plan_queue(pool(), [str(i) for i in range(SIZE)], ["ann", "bob", "cleo"], **(values | changes))


def test_every_item_goes_to_two_coders_and_the_work_is_shared() -> None:
    entries = plan()
    loads = [sum(coder in entry.coders for entry in entries) for coder in ("ann", "bob", "cleo")]
    assert all(len(entry.coders) == 2 for entry in entries)
    assert sum(loads) == 40
    assert max(loads) - min(loads) <= 1
    assert sum(entry.random for entry in entries) == 10


def test_a_queue_shows_nobodys_votes() -> None:
    vote = Vote(pair_id="0", labeler="ann", label="favor")
    items = {
        str(i): Item(pair_id=str(i), sentence_id="s", target="t", text=text, answers="favor", votes=(vote,))
        for i, text in enumerate(TEXTS)
    }
    own = queue_of("bob", plan(), items, seed=0)
    assert own
    assert all(item.votes == () and item.answers == "" for item in own)
    assert [item.pair_id for item in own] != [item.pair_id for item in queue_of("ann", plan(), items, seed=0)]


def test_a_test_set_is_drawn_at_random_or_not_at_all() -> None:
    with pytest.raises(ConfigError, match="only ever drawn at random"):
        plan(purpose="test")
    entries = plan(purpose="test", random_share=1.0)
    assert all(entry.random and entry.purpose == "test" for entry in entries)
    assert "All of them may be used to estimate shares and to test" in describe_plan(entries, SIZE)
    assert "never test or estimate shares with them" in describe_plan(plan(), SIZE)


@pytest.mark.parametrize("number", [0, 4])
def test_an_impossible_number_of_coders_is_refused(number: int) -> None:
    with pytest.raises(ConfigError, match="coders an item"):
        plan(coders_per_item=number)


def test_pairs_in_dispute_are_listed_with_unnamed_answers() -> None:
    item = Item(pair_id="p", sentence_id="s", target="t", text="The elders agreed.")
    first = Vote(pair_id="p", labeler="ann", label="favor", holder="The elders")
    second = Vote(pair_id="p", labeler="bob", label="neutral", notes="unclear")
    shares = {"favor": 0.5, "against": 0.0, "neutral": 0.5, "unrelated": 0.0}
    gold = Gold(pair_id="p", probabilities=shares, holder=None, weight=1, source="human", votes=(first, second))
    (found,) = to_adjudicate([gold], {"p": item})
    assert found.answers == "favor (The elders) | neutral: unclear"
    settled = gold.model_copy(update={"votes": (*gold.votes, first.model_copy(update={"kind": "adjudicated"}))})
    assert to_adjudicate([settled], {"p": item}) == []


def test_the_gain_continues_the_curve() -> None:
    sizes = np.array([100.0, 200.0, 400.0, 800.0])
    curve = Curve(sizes, np.tile(0.7 - 2 * sizes**-0.5, (5, 1)))
    gain = gain_of(curve, 200, 800)
    assert gain.value == pytest.approx(2 * (800**-0.5 - 1000**-0.5), abs=1e-3)
    assert str(gain).startswith("the next 200 labels buy about +0.7 points")
    assert gain_of(Curve(sizes, np.full((5, 4), 0.5)), 200, 800).value == 0


def test_a_learning_curve_needs_three_articles() -> None:
    labels = np.arange(12) % 2
    texts = [f"{'good' if label else 'bad'} word {i}" for i, label in enumerate(labels)]
    curve = learning_curve(texts, labels, [str(i // 2) for i in range(12)], 4)
    assert curve.scores.shape == (5, len(curve.sizes))
    with pytest.raises(ValueError, match="at least 3"):
        learning_curve(texts, labels, [str(i % 2) for i in range(12)], 4)
