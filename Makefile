# One verb a chore; CI calls the same ones.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ARGS ?=
# the whole suite is shared among workers, a file at a time; a few tests are sooner run in one process
WHOLE := -n auto --dist loadfile --no-loadscope-reorder --durations 10 --durations-min 5

.PHONY: help setup demo up test chaos governed fuzz lint format bench bench-compare docs pictures lock audit sbom clean

help:  ## List what can be done
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## Make .venv with everything pinned in requirements.lock

$(STAMP): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: setup  ## Bring up the whole pipeline, send it real requests, and show what arrived
	$(BIN)/trailkeeper demo $(ARGS)

up: setup  ## Keep the embedded stack running in the foreground
	$(BIN)/trailkeeper up $(ARGS)

chaos: setup  ## Send a million events while everything fails, and count (ARGS="--events 50000")
	$(BIN)/python -m tests.chaos $(ARGS)

governed: setup  ## Import, hold, purge, erase and enrich under kills, and count (ARGS="--events 20000")
	$(BIN)/python -m tests.chaos.governed $(ARGS)

fuzz: setup  ## Send a million hostile messages through reading and draining (ARGS="--messages 50000")
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-fuzz.lock
	$(BIN)/python -m tests.fuzz $(ARGS)

test: setup  ## Run the tests (ARGS="tests/unit -k emit" for some of them; COVERAGE=1 to measure what they reach)
	$(if $(COVERAGE),$(BIN)/coverage erase && $(BIN)/coverage run -m pytest,$(BIN)/pytest) $(or $(ARGS),$(WHOLE))
	$(if $(COVERAGE),$(BIN)/coverage combine --quiet && $(BIN)/coverage report)

lint: setup  ## Check style, types, who imports whom, and that the generated docs are current
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/python -m docs.generate --check

format: setup  ## Fix what the formatter can
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: setup  ## Measure, beside peers and physical limits (ARGS="--quick --json")
	$(BIN)/python -m tests.benchmarks $(ARGS)

bench-compare: setup  ## Measure a commit and this tree in turns (REV=main~5 ARGS="--quick --only store")
	$(BIN)/python -m tests.benchmarks.compare $(REV) $(ARGS)

docs: setup  ## Generate the reference pages from the code
	$(BIN)/python -m docs.generate

pictures: setup  ## Take the pictures in docs/pictures anew (needs Debian's chromium)
	$(BIN)/python -m docs.pictures

lock: setup  ## Pin the dependencies anew, with hashes and without addresses (needs uv)
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	  --no-annotate --python-version 3.11 --extra dev pyproject.toml -o requirements.lock
	echo 'atheris==3.0.0; python_version < "3.14"' | uv pip compile --universal --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header --no-annotate --python-version 3.11 - -o requirements-fuzz.lock

audit: setup  ## Look for known vulnerabilities of what requirements.lock pins (needs uv and the network)
	uvx pip-audit --requirement requirements.lock --disable-pip --require-hashes

sbom: setup  ## Write a software bill of materials, trailkeeper.cdx.json (CycloneDX)
	$(BIN)/python -m docs.bill_of_materials > trailkeeper.cdx.json

clean:  ## Remove what was made here, the demo's data among it
	rm -rf .venv* .coverage* .trailkeeper build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
