# Two commands do everything: `make pipeline` and `make test`. Each makes .venv from requirements.lock first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=
# Measured on, never copied from: docs-report shows figures of it alone.
REAL_NEWS ?= ../shared/data/real_news_dev.jsonl

.PHONY: pipeline annotate browser test test-slow check fix seeds study bench-train bench-corpus bench-inference bench-ingest findings bench-findings bench-evaluate generalization bench-public bench-label docs-report serve bench-serve clean

pipeline: $(READY)  ## articles -> exported model, on the bundled data; ARGS="experiment=quick" passes overrides
	$(BIN)/python scripts/pipeline.py $(ARGS)

test: $(READY)  ## the test suite
	$(BIN)/pytest -n 2 $(ARGS)

test-slow: $(READY)  ## the heavier checks: kill and resume, bit-identical runs on the real encoder
	$(BIN)/pytest -m slow $(ARGS)

check: $(READY)  ## what CI runs: format, lint, types, import contracts, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/ty check --error-on-warning
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -n 2

bench-inference: $(READY)  ## speed, parity, size, memory of inference against its bars; needs an exported model
	$(BIN)/python -m bench.inference $(ARGS)

annotate: $(READY)  ## the annotation page; ARGS="answers.sqlite --sentences outputs/default/sentences --pairs outputs/default/labels"
	$(BIN)/python scripts/annotate.py $(ARGS)

serve: $(READY)  ## the API and the page with the last exported model, on this machine only; ARGS="serve.port=8001"
	$(BIN)/python scripts/serve.py $(ARGS)

browser:  ## Debian's Chromium, which the tests of pages drive and are skipped without; needs root
	command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; }

fix: $(READY)  ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

seeds: $(READY)  ## mean, sd and interval over seeds; SEEDS=0,1,2 says which, ARGS passes overrides
	$(BIN)/python scripts/seeds.py $(ARGS)

study: $(READY)  ## search for better training settings; TRIALS=20 more trials, ARGS passes overrides
	$(BIN)/python scripts/study.py $(ARGS)

generalization: $(READY)  ## leave one conflict, intervener, genre ... out; SYSTEM=encoder retrains the encoder (ARGS="train.epochs=2")
	$(BIN)/python scripts/generalization.py $(ARGS)

bench-public: $(READY)  ## train and score on GWSD, SemEval-2016 A, PERSPECTRUM; finished sets are kept; ARGS=--smoke tries it
	$(BIN)/python -m bench.public $(ARGS)

bench-train: $(READY)  ## the training engine against its bars; ARGS="speed exact" takes some parts; finished runs are kept
	$(BIN)/pip install --quiet --no-deps setfit==1.2.0 evaluate==0.4.6
	$(BIN)/python -m bench.train $(ARGS)

bench-corpus: $(READY)  ## the bundled corpus against its bars; trains 17 models, finished ones are kept
	$(BIN)/python -m bench.corpus

bench-ingest: $(READY)  ## ingest against its bars; ten minutes, most of them for 100,000 documents
	$(BIN)/pip install --quiet choppa-srx==1.0.0 syntok==1.4.4
	$(BIN)/python -m bench.ingest

findings: $(READY)  ## articles and the exported model -> who stands where, how much, since when; docs/findings.md
	$(BIN)/python scripts/findings.py $(ARGS)

bench-findings: $(READY)  ## the findings against their bars
	$(BIN)/pip install --quiet --no-deps ppi-python==0.2.3 statsmodels==0.15.0 patsy==1.0.3 pandas==3.1.1 numba==0.68.1 llvmlite==0.50.0
	$(BIN)/python -m bench.findings $(ARGS)

bench-evaluate: $(READY)  ## evaluation against its bars: guarantees in simulation, planted faults, speed; a quarter of an hour
	$(BIN)/python -m bench.evaluate

docs-report: $(READY)  ## docs/report.md and docs/report from the default run: probes, the further set, the report
	$(BIN)/python scripts/docs_report.py evaluate.also.real_news_dev=$(REAL_NEWS) evaluate.name="the default model" \
	  probe.output=outputs/docs/probes predict_also.output=outputs/docs/also evaluate.output=outputs/docs/report overwrite=true $(ARGS)

bench-label: $(READY)  ## labelling against its bars; crowd-kit is only compared with
	$(BIN)/pip install --quiet --no-deps crowd-kit==1.4.2 nltk==3.9.2
	$(BIN)/python -m bench.label

bench-serve: $(READY)  ## the server against its bars; a quarter of an hour; ARGS="throughput latency" takes some parts
	command -v wrk >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends wrk; }
	$(BIN)/pip install --quiet -c requirements.lock litserve==0.2.19 schemathesis==4.32.5
	$(BIN)/python -m bench.serve $(ARGS)

clean:  ## remove the environment and everything produced
	rm -rf $(VENV) outputs

# uv installs in seconds where it is at hand; plain pip takes minutes and gives the same versions.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	if command -v uv >/dev/null 2>&1; \
	then uv pip install --python $(BIN)/python $(if $(PIP_FIND_LINKS),--find-links $(PIP_FIND_LINKS)) -r requirements.lock \
	  && uv pip install --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	else $(BIN)/pip install --quiet -r requirements.lock \
	  && $(BIN)/pip install --quiet --no-deps --no-build-isolation -e .; fi
	touch $@
