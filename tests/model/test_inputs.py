from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from stance.model.inputs import InputTemplate, PairEncoder, batches_by_length, batches_of_one_width, padded_width


@pytest.fixture(scope="module")
def inputs(encoder: Path) -> PairEncoder:
    return PairEncoder.of(AutoTokenizer.from_pretrained(encoder), max_tokens=32)


def test_a_pair_is_what_the_tokenizer_makes_of_text_and_text_pair(inputs: PairEncoder, encoder: Path) -> None:
    (ours,) = inputs.encode(["Farmers said so."], ["foreign intervention in Mali"])
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    theirs = tokenizer("Farmers said so.", text_pair="foreign intervention in Mali")
    assert {name: list(ids) for name, ids in ours.items()} == {name: list(ids) for name, ids in theirs.items()}


def test_long_pairs_are_cut_and_short_ones_padded(inputs: PairEncoder) -> None:
    encodings = inputs.encode(["word " * 500, "short", "", "x " * 40], ["t", "t", "t", "long target " * 90])
    assert [len(e["input_ids"]) <= 32 for e in encodings] == [True] * 4
    padded = inputs.pad(encodings)
    assert {array.shape for array in padded.values()} == {(4, 32)}
    real = len(encodings[1]["input_ids"])
    assert padded["attention_mask"][1].tolist() == [1] * real + [0] * (32 - real)
    assert np.all(padded["input_ids"][1, real:] == inputs.pad_id)


@given(st.lists(st.integers(1, 50), max_size=60), st.integers(1, 200))
def test_batches_hold_every_index_once_within_the_budget(lengths: list[int], budget: int) -> None:
    batches = batches_by_length(lengths, budget)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= budget


@given(st.lists(st.integers(1, 64), max_size=60), st.integers(1, 200))
def test_how_a_pair_is_padded_does_not_depend_on_its_neighbours(lengths: list[int], budget: int) -> None:
    batches = batches_of_one_width(lengths, budget, max_tokens=64)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        (width,) = {padded_width(lengths[i], 64) for i in batch}
        assert len(batch) == 1 or len(batch) * width <= budget


def test_the_folder_alone_gives_the_same_tokens(inputs: PairEncoder, encoder: Path) -> None:
    light = PairEncoder.from_folder(encoder, 32, inputs.names)
    texts, targets = ["Farmers said so.", "word " * 100, "\ud800", ""], ["intervention in Mali"] * 4
    assert light.encode(texts, targets) == inputs.encode(texts, targets)
    assert light.pad_id == inputs.pad_id


def test_a_template_adds_neighbours_and_wording(inputs: PairEncoder, encoder: Path) -> None:
    template = InputTemplate(first="{before} {text} {after}", second="The author supports {target}.")
    assert template.reads_context
    assert not InputTemplate(first="{{before}} {text}").reads_context
    assert template.fill("B.", "aid {x}", "A.", "C.") == ("A. B. C.", "The author supports aid {x}.")
    assert template.fill("B.", "aid", "", "") == ("B.", "The author supports aid.")
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    theirs = tokenizer("Farmers. so. Mali.", text_pair="The author supports it.")
    for ours in (PairEncoder.of(tokenizer, 32, template), PairEncoder.from_folder(encoder, 32, inputs.names, template)):
        (found,) = ours.encode(["so."], ["it"], [("Farmers.", "Mali.")])
        assert list(found["input_ids"]) == theirs["input_ids"]
    assert ours.encode(["so."], ["it"]) == ours.encode(["so."], ["it"], [("", "")])


def test_a_template_with_an_unknown_word_is_refused() -> None:
    with pytest.raises(ValueError, match=r"has \{holder\}; expected \{text\}, \{target\}, \{before\}, \{after\}"):
        InputTemplate(second="{holder} supports {target}")
    with pytest.raises(ValueError, match="is no template"):
        InputTemplate(first="{text")
