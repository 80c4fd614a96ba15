# `make repro` and `make test` do all their own set-up; python3 must be 3.11 or newer.
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: repro experiments test test-long lint verify class notebook arm64 torture fuzz bench study screenshots
.PHONY: lock
.DEFAULT_GOAL := repro

# A virtual environment with exactly the locked packages.
.venv/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv --clear .venv
	@echo "installing the locked packages into .venv: a minute or two, in silence"
	.venv/bin/python -m pip install --quiet --require-hashes --requirement requirements.txt
	@echo "installed; the first run also compiles the engine, which takes about a minute, in silence"
	touch $@

# The whole pipeline; only what changed runs.
repro: .venv/installed
	@python tools/mend_dvc.py
	dvc repro

# Experiments, the params in which they differ and their losses in bits a character.
experiments: .venv/installed
	@COLUMNS=120 dvc exp show --no-pager --hide-workspace --only-changed \
		--drop 'Created|State|Executor|best_update|.*_loss.*|final_.*|updates|epochs|.*_share|.*_4grams|.*_run|.*/.*'

# But for what takes long, which `make test-long` does.
test: .venv/installed lint
	pytest -m "not long"

test-long: .venv/installed
	pytest -m long

lint: .venv/installed
	ruff check .
	ruff format --check .

# The proof: what dvc.lock records comes out again, from nothing, in a copy of the last commit.
verify: .venv/installed
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	git clone --quiet . "$$folder/copy" && cd "$$folder/copy" && dvc repro --force && \
	python tools/compare_results.py

# What a teacher hands to a class: a folder of its own, with exercises and without solutions.
TO ?= class
class: .venv/installed
	@python -m tools.hand_out "$(TO)"

# The course that goes with it, as a notebook: course.ipynb.
notebook: .venv/installed
	python -m tools.notebook course.ipynb

# 200 kills, 1,000 flipped bits, 200 truncations, 60 kills of DVC, 200 changes while it runs; over an
# hour. `make torture SEED=3` does again what failed with that seed. The tests do a part of it.
torture: .venv/installed
	python -m tests.support.torture $(SEED)

# 2,000 hostile files for each kind of file that a stage reads; the tests try 200.
fuzz: .venv/installed
	FUZZ_EXAMPLES=2000 pytest tests/stages/test_fuzz.py

# The same bytes on an emulated ARM64 CPU.
arm64: .venv/installed
	bash tests/support/arm64.sh

# Pictures of the page for the README, into docs/.
screenshots: .venv/installed
	python -m tools.screenshots

# Newest versions of everything into requirements.txt, for every system, without addresses.
lock:
	uv pip compile --universal --fork-strategy fewest --python-version 3.11 --upgrade \
		--generate-hashes --no-header --no-annotate --group dev pyproject.toml \
		--output-file requirements.txt

# Ours against PyTorch and JAX, which live in an environment of their own, and what else takes time:
# some twenty minutes on a machine that does nothing else.
bench: .venv-bench/installed
	@for part in speed sampling growth pipeline preprocess checkpoints; do \
		.venv-bench/bin/python -m benchmarks.$$part || exit; \
	done

# The study behind the defaults, into docs/: some fifteen minutes on two free cores, and an hour for
# a book as long as Moby-Dick. Other books than the default one: `make study BOOKS=path`.
study: .venv/installed
	python -m benchmarks.study data/raw/tide-clock.txt $(BOOKS)
	python -m benchmarks.batches
	python -m benchmarks.study_report data/raw/tide-clock.txt $(BOOKS)

.venv-bench/installed: requirements.txt benchmarks/requirements.txt
	$(PYTHON) -m venv --clear .venv-bench
	.venv-bench/bin/python -m pip install --quiet --require-hashes --requirement requirements.txt
	.venv-bench/bin/python -m pip install --quiet --requirement benchmarks/requirements.txt
	touch $@
