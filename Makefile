# Two targets matter: `make` renders the shipped platform, `make test` proves it.
# Nothing is written outside this checkout and $(CACHE).

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

PYTHON ?= python3
CACHE  ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/dharma
BIN    := .venv/bin
GOBIN  := $(CACHE)/bin
PYTEST_ARGS ?= --numprocesses 2 --dist loadgroup --quiet
TOOLS  := tests/cluster/tools/build
TOOLS_LOG := $(CACHE)/tools.log
UV     := UV_SYSTEM_CERTS=true UV_NO_PROGRESS=1 UV_COMPILE_BYTECODE=1 $(BIN)/uv pip install --quiet --python $(BIN)/python

export CACHE
export DHARMA_SCHEMAS ?= $(wildcard $(CURDIR)/../shared/upstream/schemas)
export DHARMA_CRDS ?= $(wildcard $(CURDIR)/../shared/upstream/crds)
export CARGO_TARGET_DIR ?= $(CACHE)/cargo

.PHONY: build test test-fast test-cluster lint types pytest tools bench-rivals lock system-deps clean

build: .venv/.core
	$(BIN)/dharma build

# The programs for the cluster tests are built behind the other tests; their log is shown if that fails.
test: .venv/.dev
	@set -m; mkdir -p $(CACHE); $(TOOLS) >$(TOOLS_LOG) 2>&1 & tools=$$!; \
	$(MAKE) --no-print-directory test-fast || { kill -- -$$tools 2>/dev/null || true; exit 1; }; \
	wait $$tools || { cat $(TOOLS_LOG); exit 1; }; cat $(TOOLS_LOG)
	@$(MAKE) --no-print-directory test-cluster

test-fast: .venv/.dev
	@$(MAKE) --no-print-directory lint types
	$(TOOLS) opa kubeconform
	@$(MAKE) --no-print-directory pytest

# A real API server and Argo CD on loopback; without Go every one of these tests is skipped, and says so.
test-cluster: .venv/.dev tools
	PATH="$(GOBIN):$$PATH" $(BIN)/pytest $(PYTEST_ARGS) tests/cluster

tools:
	@$(TOOLS)

# Other tools beside Dharma, the same work: bench/README.md, section Rivals. BENCH_ARGS="--only helm --runs 3".
bench-rivals: .venv/.dev
	@TMPDIR=$(or $(wildcard /dev/shm),$(TMPDIR),/tmp) $(BIN)/python bench/rivals.py --markdown $(BENCH_ARGS)

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.dev
	$(BIN)/mypy

pytest: .venv/.dev
	PATH="$(GOBIN):$$PATH" $(BIN)/pytest $(PYTEST_ARGS) --ignore tests/cluster

# ---- set-up ---------------------------------------------------------------------------------

.venv/.bootstrap: requirements/bootstrap.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Dharma needs Python 3.11 or newer, this is " + sys.version)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

.venv/.core: .venv/.bootstrap requirements/core.lock pyproject.toml $(shell find rego -name target -prune -o -type f \( -name '*.rs' -o -name '*.toml' -o -name '*.lock' -o -name '*.pyi' \) -print)
	$(UV) --require-hashes -r requirements/core.lock
	cd rego && VIRTUAL_ENV=$(CURDIR)/.venv ../$(BIN)/maturin develop --uv --release --locked --quiet
	$(UV) --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q dharma
	touch $@

.venv/.dev: .venv/.core requirements/dev.lock
	$(UV) --require-hashes -r requirements/dev.lock
	touch $@

# Locks hold hashes for every platform and Python from 3.11 on; run after changing a requirement.
lock: .venv/.bootstrap
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/bootstrap.in -o requirements/bootstrap.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/core.in -o requirements/core.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -c requirements/core.lock requirements/dev.in -o requirements/dev.lock

# The one target that uses apt: a Lua interpreter, with which Argo CD's health check is tried.
system-deps:
	@if command -v apt-get >/dev/null && test "$$(id -u)" = 0 && ! command -v lua5.4 >/dev/null; then \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends lua5.4 >/dev/null; fi

clean:
	rm -rf .venv .dharma
