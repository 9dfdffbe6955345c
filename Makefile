# A fresh machine needs Python 3.11 or 3.12 with pip, and make. `make` alone says what there is.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint lock docs clean

# "dev" installs the tools of `make test` and `make lint`; "runtime" only what the service needs.
FIRSTCONTACT_SETUP ?= dev

BIN := .venv/bin
GROUPS_dev := --no-default-groups --group dev
GROUPS_runtime := --no-default-groups --group build
GROUPS_docs := --only-group docs
GROUPS := $(GROUPS_$(FIRSTCONTACT_SETUP))
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --quiet
# Only what the lock has a hash for: no file without one, nothing beside it, nothing built here.
LOCKED := $(INSTALL) --require-hashes --no-deps --only-binary :all: -r
EXPORT := $(BIN)/uv --no-cache --quiet export --frozen --no-emit-project --no-emit-index-url \
	--no-header --no-annotate
READY := .venv/.ready-$(FIRSTCONTACT_SETUP)

help:
	@echo "make setup   .venv from the lock file, the firstcontact command, the model"
	@echo "make demo    the same, then a replayed day of a fictional force"
	@echo "make test    the same, then every test (ARGS= is handed to pytest)"
	@echo "make lint    ruff, mypy and the import rules"
	@echo "make docs    the manual, into docs/_build/html"
	@echo "make lock    bring uv.lock up to pyproject.toml (ARGS=--upgrade for newer versions)"
	@echo "make clean   remove what was built, .venv included"

setup: .venv/.model

demo: setup
	$(BIN)/firstcontact demo $(ARGS)

# As many at a time as there are cores. COVERAGE=1 measures branches, one test at a time.
test: setup
	$(BIN)/python $(if $(COVERAGE),-m coverage run -m pytest,-m pytest -n auto --dist worksteal) $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	.ci/lock --check

lock: $(BIN)/uv
	$(BIN)/uv lock $(ARGS)
	.ci/lock

docs: .venv/.ready-docs
	$(BIN)/python docs/settings_page.py
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

clean:
	rm -rf .venv build dist docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache .coverage htmlcov

# --- stamps: each step runs again only when what it rests on has changed --------------------------

$(BIN)/python:
	python=$$(.ci/python) && "$$python" -m venv .venv

$(BIN)/uv: .ci/uv.txt | $(BIN)/python
	$(LOCKED) .ci/uv.txt
	@touch $@

$(READY): uv.lock pyproject.toml $(BIN)/uv
	@if test -n "$(GROUPS)"; then :; else \
		echo "FIRSTCONTACT_SETUP is dev or runtime, not '$(FIRSTCONTACT_SETUP)'" >&2; exit 1; fi
	$(EXPORT) $(GROUPS) --output-file .venv/requirements.txt
	@echo "installing into .venv, one to three minutes ..."
	$(LOCKED) .venv/requirements.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.model: $(READY) $(wildcard classifiers/model/*)
	$(BIN)/firstcontact model build
	@touch $@

.venv/.ready-docs: uv.lock $(READY)
	$(EXPORT) $(GROUPS_docs) --output-file .venv/requirements-docs.txt
	$(LOCKED) .venv/requirements-docs.txt
	@touch $@
