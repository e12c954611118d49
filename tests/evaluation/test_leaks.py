from stance.evaluation.leaks import counts, find_leaks
from tests.evaluation.conftest import as_pairs, example

STORY = (
    "The council met on Monday to hear the minister. He told the members that two ships had left the harbour with "
    "grain and medicine for the besieged town. Officials on both sides refused to say when they would arrive."
)


def leaks(train: list, gold: list) -> dict:
    return find_leaks(as_pairs(train), as_pairs(gold))


def test_splits_that_share_nothing_do_not_leak() -> None:
    assert not any(counts(leaks([example(1), example(2)], [example(3)])).values())


def test_each_kind_of_overlap_is_counted_in_measured_pairs() -> None:
    train = [example(1, group="g"), example(2, document="d"), example(3, text="Same  Words.")]
    gold = [
        example(11, group="g"),
        example(12, group="g"),
        example(13, document="d"),
        example(14, text="“same words”"),
        example(15),
    ]
    found = leaks(train, gold)
    assert (found["group"], found["article"], found["sentence"]) == (2, 1, 1)
    assert found["articles"] == ["d"]


def test_a_sentence_with_a_word_changed_is_a_near_duplicate() -> None:
    changed = STORY.replace("Monday", "Tuesday")
    found = leaks([example(1, text=STORY)], [example(2, text=changed), example(3, text="Farmers met in the rain.")])
    assert (found["near_duplicate"], found["sentence"]) == (1, 0)
    assert found["near"][0]["there"] == STORY
    assert 0.6 <= found["near"][0]["share"] < 1


def test_an_article_that_retells_another_is_a_wire_story() -> None:
    """Half of the sentences of an article are those of an agency."""
    agency = [example(i, text=t, document="agency") for i, t in enumerate(STORY.split(". "))]
    own = [example(10, text="Our correspondent saw the ships leave.", document="paper")]
    paper = own + [example(20 + i, text=t + " yesterday", document="paper") for i, t in enumerate(STORY.split(". "))]
    found = leaks(agency, paper)
    assert found["wire_story"] == 4
    assert found["stories"][0]["measured"] == "paper"
    assert found["stories"][0]["there"] == "agency"


def test_a_phrase_of_the_trade_makes_no_story() -> None:
    """Sixty articles that quote one sentence are not one story."""
    quote = "The secretary general said on Monday that he was deeply concerned about the situation in the region."
    train = [example(i, text=quote, document=f"t{i}") for i in range(60)]
    gold = [example(100 + i, text=f"{quote} He spoke in {i}.", document=f"g{i}") for i in range(60)]
    assert leaks(train, gold)["wire_story"] == 0
