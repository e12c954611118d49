"""Schemathesis over the OpenAPI document of the running server; rows for bench/serve.py."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.table import Row

CONFIG = """
[checks.negative_data_rejection]
# What it takes for refused, and 413: many a body that breaks the schema is too long as well.
expected-statuses = [400, 401, 403, 404, 406, 413, 415, 422, 428, "5xx"]

[[operations]]
include-name = "POST /documents"
# What it takes for accepted, and 422: whether there is an article in a page, no schema can say.
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 422, 429, "5xx"]
"""
TAIL = 3000


def schemathesis_rows(document: str, cases: int, alive: Callable[[], bool]) -> list[Row]:
    """All checks of Schemathesis on at least `cases` requests to what `document`, an address, describes.

    `alive` says whether the server is still there afterwards.
    """
    program = Path(sys.executable).parent / "schemathesis"
    # Two of the paths take a body, and are drawn from; the others have few cases.
    options = ("--max-examples", str(cases), "--seed", "1", "--generation-database", "none", "--no-color")
    with tempfile.TemporaryDirectory() as folder:  # it leaves what it found where it runs
        (Path(folder) / "schemathesis.toml").write_text(CONFIG)
        done = subprocess.run(
            [str(program), "run", document, *options], check=False, capture_output=True, text=True, cwd=folder
        )
    print(done.stdout[-TAIL:], file=sys.stderr)
    generated = re.search(r"(\d[\d,]*) generated", done.stdout)
    count = int(generated[1].replace(",", "")) if generated else 0
    verdict = "no violation" if not done.returncode else f"status {done.returncode}"
    how = f"schemathesis, {count} cases, all checks"
    clean = not done.returncode and alive() and count >= cases
    return [Row("fuzzing: 5xx or schema violations", "0 in 5,000", verdict, how, clean)]
