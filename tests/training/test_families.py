"""Every usual family of encoders trains, freezes and is found again by AutoModel; so do low-rank updates."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification, AutoTokenizer

from stance.config import ConfigError
from stance.model.pretrained import check_is_encoder
from stance.training.stage import ModelConfig, train
from tests.conftest import tiny_training

FAMILIES = ("bert", "roberta", "deberta-v2", "modernbert", "electra")
SHAPE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}


def random_encoder(family: str, tokenizer_folder: Path, folder: Path) -> Path:
    """A random two-layer encoder of the family with the tokenizer of another folder."""
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder)
    shape = SHAPE | {"vocab_size": len(tokenizer), "max_position_embeddings": 64, "pad_token_id": 0}
    shape |= {"embedding_size": 32} if family == "electra" else {}
    if family == "modernbert":
        shape |= {"cls_token_id": 2, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3}
    torch.manual_seed(0)
    if family == "roberta":  # it has one type of token only
        tokenizer.model_input_names = ["input_ids", "attention_mask"]
    if family == "modernbert":
        tokenizer.model_input_names = ["input_ids", "attention_mask"]
    AutoModel.from_config(AutoConfig.for_model(family, **shape)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_trains_frozen_from_below(family: str, dataset: Path, encoder: Path, tmp_path: Path) -> None:
    pretrained = random_encoder(family, encoder, tmp_path / family)
    config = ModelConfig(pretrained=str(pretrained), max_tokens=48, freeze_layers=1)
    train(tiny_training(dataset, encoder, tmp_path / "out", model=config, epochs=1))
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path / "out")
    assert model.config.model_type == family
    before, after = load_file(pretrained / "model.safetensors"), load_file(tmp_path / "out" / "model.safetensors")
    prefix = model.base_model_prefix
    # A family whose classifier has no pooler leaves that of the encoder behind.
    kept = {name: after[f"{prefix}.{name}"] for name in before if "pooler" not in name}
    changed = {name for name, value in kept.items() if not torch.equal(value, before[name])}
    assert changed
    assert not [name for name in changed if "embeddings" in name]
    assert not [name for name in changed if "layer.0." in name or "layers.0." in name]


def test_low_rank_updates_become_part_of_an_ordinary_folder(dataset: Path, encoder: Path, tmp_path: Path) -> None:
    pytest.importorskip("peft", reason="low-rank updates need the extra `lora`")
    config = ModelConfig(pretrained=str(encoder), max_tokens=48, freeze_embeddings=False, freeze_layers=0, lora_rank=4)
    train(tiny_training(dataset, encoder, tmp_path / "out", model=config, epochs=2))
    before, after = load_file(encoder / "model.safetensors"), load_file(tmp_path / "out" / "model.safetensors")
    assert not [name for name in after if "lora" in name]
    changed = {name for name, value in before.items() if not torch.equal(value, after[f"bert.{name}"])}
    assert "encoder.layer.0.attention.self.query.weight" in changed
    assert "embeddings.word_embeddings.weight" not in changed


def test_a_generator_is_refused_by_name(tmp_path: Path) -> None:
    AutoConfig.for_model("gpt2", n_embd=8, n_layer=1, n_head=1).save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="gpt2 generates text; expected an encoder such as BERT"):
        check_is_encoder(str(tmp_path))
