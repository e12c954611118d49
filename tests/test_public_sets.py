import pytest

from bench.public_sets import CLEAN, SETS, SHARED, to_example
from stance.examples import read_examples, read_scheme


def test_raters_shares_become_the_target_distribution() -> None:
    row = {
        "id": "1",
        "text": "So.",
        "target": "x",
        "label": "none",
        "probs": {"against": 0.2, "none": 0.6, "favor": 0.2},
    }
    example = to_example(row, SETS["gwsd"])
    assert example.probabilities == pytest.approx((0.2, 0.2, 0.6))
    assert example.label == "none"


def test_a_hard_label_is_certain_and_seen_texts_are_marked() -> None:
    row = {"id": "1", "text": "So.", "target": "x", "label": "against", "text_also_in_train_or_dev": True}
    example = to_example(row, SETS["perspectrum"])
    assert example.probabilities == (0.0, 1.0)
    assert CLEAN not in example.tags


@pytest.mark.skipif(not SHARED.is_dir(), reason="the public sets are not part of the project")
def test_a_set_is_read_back_whole(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    import bench.public_sets as module

    monkeypatch.setattr(module, "OUTPUT", tmp_path)
    folder = module.convert("gwsd")
    assert read_scheme(folder).names == ("favor", "against", "none")
    assert [len(read_examples(folder, split)) for split in ("train", "dev", "test")] == [1480, 370, 200]
