# The menu of a developer; CI calls the same targets. Each makes .venv by itself, with the versions of constraints.txt.
PYTHON ?= python3
BIN := .venv/bin
PYTEST_ARGS ?=
PARTS := pharos exporters blackbox collector logship logstore alerting dashboards deploy
COMPILE := $(BIN)/python -m compileall -q $(PARTS)

.DEFAULT_GOAL := help
.PHONY: help install up test test-quick lint format screenshots bench lock clean packages bytecode

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: .venv/.runtime bytecode ## the `pharos` command in .venv

up: .venv/.runtime bytecode ## the whole stack on this machine: http://127.0.0.1:3000
	@exec $(BIN)/pharos up $(ARGS)

test: .venv/.dev packages ## all tests: unit, properties, integration, peers, containers, browser
	$(BIN)/python -m tests.run $(PYTEST_ARGS)

test-quick: .venv/.dev ## unit tests only, seconds
	$(BIN)/python -m pytest -q tests/unit $(PYTEST_ARGS)

lint: .venv/.dev ## format, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: .venv/.dev ## write the format, mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

screenshots: .venv/.dev packages ## the pictures of the README, from a stack under test
	mkdir -p build/screenshots
	PHAROS_SCREENSHOTS=build/screenshots $(BIN)/python -m pytest -q tests/e2e/test_stack.py
	cp build/screenshots/home-dark.png build/screenshots/home-light.png docs/images/

bench: .venv/.dev packages ## ratios against the real peers, all in one run
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

lock: ## write constraints.txt anew from pyproject.toml
	rm -rf .venv/lock && $(PYTHON) -m venv .venv/lock
	.venv/lock/bin/python -m pip install -q --upgrade pip && .venv/lock/bin/python -m pip install -q --group dev .
	.venv/lock/bin/python -m pip freeze --exclude pharos > constraints.txt && rm -rf .venv/lock

clean: ## remove what was made here, but not ./data
	rm -rf .venv .peers .mypy_cache .ruff_cache .pytest_cache build *.egg-info

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Pharos needs Python 3.11 or newer: make PYTHON=python3.11")'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check --upgrade 'pip>=25.1'

.venv/.runtime: .venv/bin/python pyproject.toml constraints.txt
	@echo 'Installing Pharos into .venv, half a minute the first time'
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install -q -c constraints.txt -e .
	@$(BIN)/python -m dashboards.web.bundle >/dev/null || true
	@$(COMPILE)
	@touch $@

# Where Python is told to write none (PYTHONDONTWRITEBYTECODE, a checkout others own), each start would compile everything anew: a second.
bytecode: .venv/.runtime
	@$(COMPILE)

.venv/.dev: .venv/.runtime
	$(BIN)/python -m pip install -q -c constraints.txt --group dev
	@touch $@

# System packages and peers the tests use; without root they are not installed, named, and what needs them is skipped.
packages: .venv/.dev
	@bash tests/support/packages.sh
