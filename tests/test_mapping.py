"""The same files whichever mapper did the work."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stance.config import ConfigError, decode, defaults
from stance.inference.files import predict_files
from stance.inference.rows import Row, read_rows, read_slice
from stance.inference.slices import plan
from stance.ingest.stage import IngestConfig, ingest
from stance.labeling import rule_parts
from stance.labeling.rules import rules_say
from stance.manifest import fingerprint
from stance.mapping import map_here
from stance.places import atomic_bytes, exists, files_below, open_bytes, remove_folder
from stance.records import Pair, Sentence
from tests.conftest import ROOT
from tests.inference.test_files import READING, ByLength, write_lines


def test_parts_hold_every_row_once_in_every_format(tmp_path: Path) -> None:
    import pyarrow.parquet

    texts = [f"Sentence {number}, with “marks”." for number in range(50)]
    (tmp_path / "a.txt").write_bytes("\ufeff".encode() + "\r\n\r".join(texts).encode())
    (tmp_path / "b.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    (tmp_path / "c.csv").write_text("text\n" + "".join(f'"{text}\nmore"\n' for text in texts))
    pyarrow.parquet.write_table(pyarrow.table({"text": texts}), tmp_path / "d.parquet", row_group_size=9)
    files = [str(path) for path in sorted(tmp_path.iterdir())]
    whole = list(read_rows(files, READING))
    assert len([row for row in whole if isinstance(row, Row)]) == 200
    for size in (1, 7, 1000):
        parts = plan(files, size, articles=False)
        assert [row for part in parts for piece in part.slices for row in read_slice(piece, READING)] == whole
        # A line feed and the carriage return after it are cut only together.
        assert all(size <= part.lines <= size + 1 for part in parts[:-1])


def test_a_uri_is_read_and_written_like_a_path(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.txt", 50)
    predict_files(ByLength(), [str(source)], tmp_path / "path.parquet", READING, part_rows=20)
    predict_files(ByLength(), [f"file://{tmp_path}/in.txt"], f"file://{tmp_path}/uri.parquet", READING, part_rows=20)
    import pyarrow.parquet

    path, uri = (pyarrow.parquet.read_table(tmp_path / f"{name}.parquet") for name in ("path", "uri"))
    assert path.drop_columns("source") == uri.drop_columns("source")
    assert not [name for name in os.listdir(tmp_path) if "part" in name.replace(".parquet", "")]  # noqa: PTH208


def test_what_fails_on_the_way_leaves_no_file_at_a_uri(tmp_path: Path) -> None:
    name = f"file://{tmp_path}/folder/a.txt"
    with pytest.raises(TypeError), atomic_bytes(name) as file:
        file.writelines([b"half", "no bytes"])  # ty: ignore[invalid-argument-type]
    assert files_below(f"file://{tmp_path}/folder") == []
    with atomic_bytes(name) as file:
        file.write(b"whole")
    assert files_below(f"file://{tmp_path}") == [name]
    assert open_bytes(name).read() == b"whole"
    remove_folder(f"file://{tmp_path}/folder")
    assert not exists(name)


def test_an_address_needs_ray() -> None:
    values = defaults(IngestConfig) | {"articles": "a", "output": "o", "address": "auto"}
    with pytest.raises(ConfigError, match="add mapper=ray"):
        decode(IngestConfig, values)


def test_rules_in_parts_say_the_same_and_parts_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_parts, "PART_PAIRS", 2)
    texts = ["The assembly backed the air strikes.", "Two jets struck the port.", "Farmers were glad."]
    sentences = {
        str(i): Sentence(id=str(i), document_id="d", index=i, start=0, end=len(t), text=t) for i, t in enumerate(texts)
    }
    pairs = [Pair(id=f"{key}:t", sentence_id=key, target="foreign intervention in Libya") for key in sentences]
    expected = [rules_say(sentences[pair.sentence_id].text, pair) for pair in pairs]
    assert list(rule_parts.rules_on(pairs, sentences, tmp_path, map_here)) == expected
    (tmp_path / "000001.rules.jsonl").unlink()
    kept = (tmp_path / "000000.rules.jsonl").stat().st_mtime_ns
    assert list(rule_parts.rules_on(pairs, sentences, tmp_path, map_here)) == expected
    assert (tmp_path / "000000.rules.jsonl").stat().st_mtime_ns == kept


OVER_RAY = """
import sys; from pathlib import Path
from stance.inference.files import predict_files
from stance.ingest.stage import IngestConfig, ingest
from stance.mapping import choose_mapper
from tests.inference.test_files import READING, ByLength
folder = Path(sys.argv[1])
import ray
quiet = {"include_dashboard": False, "log_to_driver": False, "object_store_memory": 100 << 20}
ray.init(num_cpus=3, _node_ip_address="127.0.0.1", **quiet)
mapper = choose_mapper("ray", 2)
predict_files(ByLength(), [str(folder / "in.txt")], folder / "ray.jsonl", READING, part_rows=30, mapper=mapper)
ingest(IngestConfig(articles=folder / "articles", output=folder / "ingest-ray", languages=(), mapper="ray", workers=2))
"""


@pytest.mark.slow
def test_over_ray_predictions_and_sentences_have_the_same_bytes(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.txt", 100)
    (tmp_path / "articles").mkdir()
    for number in range(300):
        (tmp_path / "articles" / f"{number:03}.txt").write_text(
            f"The council met {number}. It voted for mission {number}."
        )
    predict_files(ByLength(), [str(source)], tmp_path / "local.jsonl", READING, part_rows=30)
    ingest(IngestConfig(articles=tmp_path / "articles", output=tmp_path / "ingest-local", languages=(), workers=1))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    done = subprocess.run(
        [sys.executable, "-c", OVER_RAY, str(tmp_path)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "local.jsonl").read_bytes() == (tmp_path / "ray.jsonl").read_bytes()
    assert fingerprint(tmp_path / "ingest-local") == fingerprint(tmp_path / "ingest-ray")
    assert (tmp_path / "ingest-ray" / "manifest.json").is_file()
