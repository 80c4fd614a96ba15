# `make repro` and `make test` do all their own set-up; python3 must be 3.11 or newer.
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: repro test lint verify lock
.DEFAULT_GOAL := repro

# A virtual environment with exactly the locked packages.
.venv/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv --clear .venv
	.venv/bin/python -m pip install --quiet --require-hashes --requirement requirements.txt
	touch $@

# The whole pipeline; only what changed runs.
repro: .venv/installed
	dvc repro

test: .venv/installed lint
	pytest

lint: .venv/installed
	ruff check .
	ruff format --check .

# Newest versions of everything into requirements.txt, for every system, without addresses.
lock:
	uv pip compile --universal --fork-strategy fewest --python-version 3.11 --upgrade \
		--generate-hashes --no-header --no-annotate --group dev pyproject.toml \
		--output-file requirements.txt
