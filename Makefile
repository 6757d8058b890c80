# Everything a newcomer needs: `make demo` and `make test`. Each target sets up what it lacks in .venv.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for name in python3.11 python3 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && echo $$name && break; done)
INSTALL := python -m pip install --quiet --disable-pip-version-check
UV_VERSION := 0.13.9

.DEFAULT_GOAL := help
.PHONY: help setup video cluster demo test check format bench limb-prior lock upgrade clean

help: ## Show this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: $(VENV)/.development ## Install everything, development tools included, into .venv

video: $(VENV)/.runtime ## Install what reads people out of videos too
	@$(BIN)/$(INSTALL) --require-hashes --no-deps --requirement requirements-video.lock

cluster: $(VENV)/.runtime ## Install Ray too, which spreads evaluations over machines
	@$(BIN)/$(INSTALL) --require-hashes --requirement requirements-cluster.lock

demo: $(VENV)/.runtime ## Reconstruct a walking clip into runs/demo: metrics, plots and a video
	@$(BIN)/diffphy reconstruct builtin:walk --out runs/demo

test: $(VENV)/.development ## Run the tests
	@$(BIN)/python -m pytest

check: $(VENV)/.development ## Check format, lint, imports and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports --no-logo --no-cache
	@$(BIN)/deptry --no-ansi .
	@$(BIN)/pyright

format: $(VENV)/.development ## Format the code and repair what the linter can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.development ## Measure the physics beside its peers into bench.json
	@$(BIN)/$(INSTALL) --require-hashes --requirement requirements-bench.lock
	@$(BIN)/python -m benchmarks.physics

limb-prior: $(VENV)/.runtime ## Learn again how people hold their limbs, from the built-in motions
	@$(BIN)/python -m data.film.learn_limb_prior

lock: $(VENV)/.runtime ## Pin what pyproject.toml asks for; versions that are pinned already stay
	@$(BIN)/$(INSTALL) uv==$(UV_VERSION)
	@$(call compile,requirements.lock,pyproject.toml)
	@$(call compile,requirements-dev.lock,pyproject.toml --extra dev --constraint requirements.lock)
	@$(call compile,requirements-video.lock,requirements-video.in --no-deps)
	@$(call compile,requirements-cluster.lock,pyproject.toml --extra cluster --constraint requirements.lock --constraint requirements-video.lock)
	@$(call compile,requirements-bench.lock,pyproject.toml --extra bench --constraint requirements.lock)
	@{ sed '/- pip:/q' environment.yml; sed -nE 's/^([a-z][^ ]*==[^ ]*).*/      - \1/p' requirements.lock; } \
		> environment.yml.new && mv environment.yml.new environment.yml

upgrade: UPGRADE := --upgrade
upgrade: lock ## Pin the newest versions of everything

compile = $(BIN)/uv pip compile --quiet $(UPGRADE) $(2) --output-file $(1) --generate-hashes \
	--python-version 3.11 --python-platform linux --custom-compile-command 'make lock'

clean: ## Remove .venv and what the tools left
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 was not found: install it, or say where it is: make PYTHON=/path/to/python3.11' >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	@echo 'Installing the pinned dependencies into $(VENV) (about 400 MB to fetch the first time) ...'
	@$(BIN)/$(INSTALL) --require-hashes --requirement requirements.lock
	@$(BIN)/$(INSTALL) --no-deps --editable .
	@touch $@

$(VENV)/.development: requirements-dev.lock $(VENV)/.runtime
	@echo 'Installing the tools for tests and checks into $(VENV) ...'
	@$(BIN)/$(INSTALL) --require-hashes --requirement requirements-dev.lock
	@touch $@
