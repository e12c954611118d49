from collections.abc import Mapping
from pathlib import Path

import pytest

from stance.config import ConfigError, StageConfig
from stance.manifest import build, fingerprint, read_manifest


class CopyConfig(StageConfig):
    source: Path
    suffix: str = ""


def copy(config: CopyConfig, folder: Path) -> Mapping[str, int]:
    (folder / "copy.txt").write_text(config.source.read_text() + config.suffix)
    return {"files": 1}


@pytest.fixture
def config(tmp_path: Path) -> CopyConfig:
    (tmp_path / "in.txt").write_text("one")
    return CopyConfig(source=tmp_path / "in.txt", output=tmp_path / "out")


def test_an_output_is_fresh_until_settings_or_inputs_change(config: CopyConfig) -> None:
    assert not build("copy", config, copy).fresh
    assert build("copy", config, copy).fresh
    config.source.write_text("two")
    assert not build("copy", config, copy, replace=True).fresh
    assert (config.output / "copy.txt").read_text() == "two"
    changed = config.model_copy(update={"suffix": "!"})
    assert not build("copy", changed, copy, replace=True).fresh


def test_an_output_of_other_settings_is_not_replaced_unasked(config: CopyConfig) -> None:
    build("copy", config, copy)
    with pytest.raises(ConfigError, match="add overwrite=true"):
        build("copy", config.model_copy(update={"suffix": "!"}), copy)
    assert (config.output / "copy.txt").read_text() == "one"


def test_a_folder_that_is_not_ours_is_never_replaced(config: CopyConfig) -> None:
    config.output.mkdir()
    (config.output / "thesis.txt").write_text("ten years of work")
    with pytest.raises(ConfigError, match="no stage of ours made"):
        build("copy", config, copy, replace=True)
    assert (config.output / "thesis.txt").read_text() == "ten years of work"


def test_missing_inputs_are_named_before_any_work(config: CopyConfig) -> None:
    config.source.unlink()
    with pytest.raises(ConfigError, match=r"copy\.source: .*in\.txt does not exist"):
        build("copy", config, copy)
    assert not config.output.exists()


def test_a_failure_leaves_the_old_output_and_no_partial_folder(config: CopyConfig) -> None:
    build("copy", config, copy)

    def fail(config: CopyConfig, folder: Path) -> Mapping[str, int]:
        (folder / "half.txt").write_text("half")
        raise OSError(28, "No space left on device")

    config.source.write_text("two")
    with pytest.raises(OSError, match="No space"):
        build("copy", config, fail, replace=True)
    assert (config.output / "copy.txt").read_text() == "one"
    assert sorted(p.name for p in config.output.parent.iterdir()) == ["in.txt", "out"]


def test_a_resumable_stage_gets_its_partial_folder_back_for_the_same_request_only(config: CopyConfig) -> None:
    found: list[bool] = []

    def interrupted(config: CopyConfig, folder: Path) -> Mapping[str, int]:
        found.append((folder / "state").exists())
        (folder / "state").write_text("half way")
        raise KeyboardInterrupt

    for request in (config, config, config.model_copy(update={"suffix": "!"})):
        with pytest.raises(KeyboardInterrupt):
            build("copy", request, interrupted, resumable=True)
    assert found == [False, True, False]


def test_the_manifest_records_what_was_done(config: CopyConfig) -> None:
    made = build("copy", config, copy)
    read = read_manifest(config.output)
    assert read == made
    assert made.counts == {"files": 1}
    assert made.inputs == {"source": fingerprint(config.source)}


def test_fingerprints_follow_names_and_contents(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "f.txt").write_text("same")
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b")
    (tmp_path / "b" / "f.txt").rename(tmp_path / "b" / "g.txt")
    assert fingerprint(tmp_path / "a") != fingerprint(tmp_path / "b")
