"""A tiny project to label, and the real server in a process of its own that can be killed."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from stance.records import Document, Pair, Sentence, document_id, pair_id, sentence_id
from stance.storage import write_records

TARGET = "Ruritanian intervention in Graustark"
SENTENCES = (
    "Premier Otto Lindqvist begged Ruritania to send its frigates before the winter.",
    "Two frigates lay off the harbour of Edelweiss on Monday, the port office said.",
    "“Take your marines home 🚢 at once,” Mayor Vera O’Brien told the U.S. envoy.",
    "The harvest <b>around</b> Edelweiss was the best in ten years & farmers rejoiced.",
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def write_project(folder: Path) -> Path:
    """folder/sentences with 20 sentences of 5 articles, folder/labels with a pair for each."""
    documents, sentences = [], []
    for number, day in enumerate(DAYS, start=1):
        texts = [text.replace("Monday", day) for text in SENTENCES]
        text = " ".join(texts) + f" ({number})"
        document = document_id(text)
        source = f"news/day-{number}.txt"
        documents.append(
            Document(
                id=document,
                text=text,
                source=source,
                title=f"{day} in Edelweiss",
                outlet="The Courier",
                published="1934-03-19",
            )
        )
        start = 0
        for index, sentence in enumerate(texts):
            around = {"before": texts[index - 1] if index else "", "after": texts[index + 1] if index < 3 else ""}
            sentences.append(
                Sentence(
                    id=sentence_id(document, index), document_id=document, index=index, start=start,
                    end=start + len(sentence), text=sentence, **around,
                )
            )  # fmt: skip
            start += len(sentence) + 1
    write_records(folder / "sentences" / "documents.jsonl", documents)
    write_records(folder / "sentences" / "sentences.jsonl", sentences)
    pairs = [Pair(id=pair_id(s.id, TARGET), sentence_id=s.id, target=TARGET) for s in sentences]
    write_records(folder / "labels" / "pairs.jsonl", pairs)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path)


class Server:
    """`stance annotate` on a free port, its store in the project's folder."""

    def __init__(self, project: Path, *options: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.store = project / "answers.sqlite"
        self.command = [sys.executable, "-c", "from stance.cli import main; main()", "annotate", str(self.store)]
        self.command += ["--sentences", str(project / "sentences"), "--port", str(self.port), "--no-browser"]
        self.command += options or ["--pairs", str(project / "labels")]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, env=environment)
        for _ in range(600):
            assert self.process.poll() is None, "the server stopped"
            try:
                urllib.request.urlopen(self.address, timeout=5).close()  # noqa: S310 - our own address
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the server does not answer")

    def kill(self) -> None:
        """kill -9, as a crash would."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None
