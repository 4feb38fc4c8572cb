# Two targets matter: `make` renders the shipped platform, `make test` proves it.
# Nothing is written outside this checkout and $(CACHE).

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

PYTHON ?= python3
CACHE  ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/dharma
BIN    := .venv/bin
GOBIN  := $(CACHE)/bin
PYTEST_ARGS ?= --numprocesses auto --quiet
UV     := UV_SYSTEM_CERTS=true UV_NO_PROGRESS=1 UV_COMPILE_BYTECODE=1 $(BIN)/uv pip install --quiet --python $(BIN)/python
KUBECONFORM_VERSION := v0.8.0
OPA_VERSION := v1.22.2

export DHARMA_SCHEMAS ?= $(wildcard $(CURDIR)/../shared/upstream/schemas)
export CARGO_TARGET_DIR ?= $(CACHE)/cargo

.PHONY: build test lint types pytest lock system-deps clean

build: .venv/.core
	$(BIN)/dharma build

test: .venv/.dev $(GOBIN)/kubeconform-$(KUBECONFORM_VERSION) $(GOBIN)/opa-$(OPA_VERSION)
	$(MAKE) --no-print-directory lint types pytest

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.dev
	$(BIN)/mypy

pytest: .venv/.dev
	PATH="$(GOBIN):$$PATH" $(BIN)/pytest $(PYTEST_ARGS)

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

$(GOBIN)/kubeconform-$(KUBECONFORM_VERSION):
	@if command -v go >/dev/null; then \
	  GOBIN=$(GOBIN) go install github.com/yannh/kubeconform/cmd/kubeconform@$(KUBECONFORM_VERSION) && touch $@; \
	else echo 'Go is not installed: the tests that need kubeconform will be skipped'; fi

$(GOBIN)/opa-$(OPA_VERSION):
	@if command -v go >/dev/null; then \
	  GOBIN=$(GOBIN) nice go install github.com/open-policy-agent/opa@$(OPA_VERSION) && touch $@; \
	else echo 'Go is not installed: the tests that need OPA will be skipped'; fi

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
