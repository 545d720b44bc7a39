# Every target explains itself: `make help`.
.DEFAULT_GOAL := help
SHELL := /bin/sh

# The first Python that is new enough; `make PYTHON=...` names another.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(or $(shell for p in python3 python3.13 python3.12 python3.11; do \
	if $$p -c '$(NEW_ENOUGH)' 2>/dev/null; then echo $$p; break; fi; done),python3)
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
STAMP := $(VENV)/.installed

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | awk -F '\t' '{printf "  make %-14s %s\n", $$1, $$2}'

.PHONY: install
install: $(STAMP) ## install everything into .venv/, pinned and checked by hash

$(STAMP): requirements-dev.txt Makefile
	@$(PYTHON) -c '$(NEW_ENOUGH)' 2>/dev/null || { \
		echo "Bayline needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1 || true)." >&2; \
		echo "Name a newer one with: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "'$(PYTHON)' comes without venv (on Debian: apt-get install python3-venv)." >&2; exit 1; }
	@echo "Installing into $(VENV)/ (about 1.3 GB; a minute or two the first time) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip sync --quiet --system-certs --require-hashes requirements-dev.txt
	@touch $@
	@echo "Installed."

.PHONY: demo
demo: install ## a recorded caller books an oil change, end to end, on this machine
	@$(BIN)/python -m qa demo

.PHONY: run
run: install ## the same service, left running, with stand-ins for the vendors
	@$(BIN)/python -m sandbox

.PHONY: test
test: install lint ## lint, types and all tests, real PostgreSQL and Redis included
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: qa
qa: install ## play the library of phone calls and report on them (5 minutes; ARGS="NAME --whole")
	@$(BIN)/python -m qa run $(ARGS)

.PHONY: mutants
mutants: install ## plant known bugs and see whether the scenarios notice (ARGS="--list", or names of bugs)
	@$(BIN)/python -m qa mutants $(ARGS)

.PHONY: check-bookings
check-bookings: install ## callers, kill -9 and a failing Google against the books (3 minutes; ARGS="--seed 7")
	@$(BIN)/python -m qa.bookings $(ARGS)

.PHONY: bench-data
bench-data: install ## look-ups, availability and bookings in ms, beside the bare databases
	@PYTHONPATH=. $(BIN)/python tests/bench/data_path.py $(ARGS)

.PHONY: bench-turns
bench-turns: install ## turn ends, barge-ins and heard words over whole calls (10 minutes; ARGS="--only cutoffs")
	@$(BIN)/python -m qa.turns $(ARGS)

.PHONY: bench-turn-ends
bench-turn-ends: install ## the ends of turns alone, without calls: for any machine, however busy (5 minutes)
	@PYTHONPATH=. $(BIN)/python tests/bench/turn_ends.py $(ARGS)

.PHONY: bench-barge-ins
bench-barge-ins: install ## who stops the agent, without calls: false stops, misses, time to stop (3 minutes; ARGS="--seeds 11 12")
	@PYTHONPATH=. $(BIN)/python tests/bench/barge_ins.py $(ARGS)

.PHONY: bench-playback
bench-playback: install ## the way out: time to `clear`, gaps when the machine stalls, words against the ear (30 seconds)
	@PYTHONPATH=.:tests/pipeline $(BIN)/python tests/bench/bench_playback.py

.PHONY: lint
lint: install ## style, types, Dockerfile and shell scripts
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary .
	@for conftest in tests/conftest.py tests/*/conftest.py; do $(BIN)/mypy --no-error-summary "$$conftest" || exit 1; done
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/shellcheck .ci/run

.PHONY: pin
pin: install ## write the pinned and hashed requirements anew from pyproject.toml
	@$(BIN)/uv pip compile --quiet --system-certs --universal --generate-hashes --no-header --no-annotate pyproject.toml -o requirements.txt
	@$(BIN)/uv pip compile --quiet --system-certs --universal --generate-hashes --no-header --no-annotate pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt

.PHONY: clean
clean: ## remove what `make run` keeps and what tools cached (not .venv/)
	@rm -rf .run .mypy_cache .ruff_cache .pytest_cache .hypothesis
