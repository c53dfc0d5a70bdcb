# The commands of the house. Each sets up .venv by itself, from the hash-locked requirements.
.DEFAULT_GOAL := help
PY := .venv/bin/python
WORKERS ?= auto

.PHONY: help setup setup-dev run demo test test-all lint fmt faults load bench lock

help: ## Say what can be made.
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: ## Install what a running registry needs.
	@sh .ci/setup run

setup-dev: ## Install what tests and lint need, too.
	@sh .ci/setup dev

run: setup ## Start the registry, with its own PostgreSQL unless DATABASE_URL is set.
	@.venv/bin/greenledger serve

demo: setup ## Live the whole life of a certificate and an allowance on sample data.
	@.venv/bin/greenledger demo

test: setup-dev ## Run the quick suite (about ten minutes on two cores).
	@$(PY) -m pytest -q -n $(WORKERS)

test-all: setup-dev ## Run everything, deep, and the store's tests on PostgreSQL 15 where installed.
	@$(PY) -m pytest -q -n $(WORKERS) -m "slow or not slow" --hypothesis-profile=deep
	@GREENLEDGER_TEST_PG=15 $(PY) -m pytest -q -rs -n $(WORKERS) -m "database and not slow"

lint: setup-dev ## Check style, types, imports, SQL and the house rules.
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(PY) -c 'from importlinter.cli import lint_imports_command as lint; lint()' --no-logo
	$(PY) -m sqlfluff lint ledger settlement
	$(PY) -m pytest -q tests/house

fmt: setup-dev ## Let the formatter have its way.
	@$(PY) -m ruff check --fix-only -q
	@$(PY) -m ruff format

faults: setup-dev ## Plant known faults, one at a time, and see the suite catch each.
	@$(PY) tests/faults/run.py

load: setup-dev ## Run the shapes of a real day against a registry of its own.
	@$(PY) loadtests/run.py

bench: setup ## Measure this machine and this release beside TPC-B; about twenty-five minutes.
	@.venv/bin/greenledger bench

lock: setup-dev ## Pin every distribution, with hashes, for all platforms.
	@sh .ci/lock
