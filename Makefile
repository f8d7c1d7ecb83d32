# Everything here works from a fresh clone on Debian or Ubuntu with Python, git and make. `make help` tells what there is.

PYTHON ?= python3
VENV := .venv
IN_VENV := $(VENV)/bin/python
SOURCES := pyproject.toml $(wildcard hatch_build.py package.json package-lock.json)
ARGS ?=
JOBS ?= auto

.DEFAULT_GOAL := help
.PHONY: help demo test test-engines table bench recordings slides-pdf plugin check clean force

help: ## what there is to make
	@echo "A Docker network plugin you can see through. Make one of:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'
	@echo "PYTHON=python3.12 chooses the Python (3.11 or newer), ARGS='...' is given on to the program."
	@echo "JOBS=1 has the tests run one after another; by default, as many at once as there are processors, 4 at most."

demo: $(VENV)/.ready ## set up, start the lab and the dashboard, give the talk that runs itself
	@$(IN_VENV) -m workshop demo $(ARGS)

test: $(VENV)/.ready-test ## set up, run all tests that this machine can run, say which it left out and why
	@$(IN_VENV) -m pytest -n $(JOBS) --maxprocesses=4 $(ARGS)

test-engines: $(VENV)/.ready-test ## the tests on Docker Engine 20.10, 26.1 and 28.5 (as root; ipvlan in a virtual machine)
	@WORKSHOP_ENGINES="20.10 26.1 28.5" $(IN_VENV) -m pytest -n $(JOBS) --maxprocesses=4 --all-kinds tests/engines tests/vm/test_networks.py $(ARGS)

table: $(VENV)/.ready-test ## put what the tests on engines have shown into docs/tried.json and the README's table
	@$(IN_VENV) -m tests.support.tried_table

bench: $(VENV)/.ready-test ## measure, print a table, write bench.json
	@$(IN_VENV) -m bench $(ARGS)

recordings: $(VENV)/.ready-test ## record the sessions in slides/recordings anew, on real engines (as root)
	@$(IN_VENV) -m scripts.record $(ARGS)

slides-pdf: $(VENV)/.ready-test ## print the slides into build/slides.pdf, with Chromium
	@$(IN_VENV) -m scripts.slides_pdf

plugin: $(VENV)/.ready-test ## make the managed plugin, for Swarm, in build/plugin
	@$(IN_VENV) -m shipping.plugin build/plugin

check: $(VENV)/.ready-test ## look for mistakes and bad form in the code
	@$(IN_VENV) -m ruff check .
	@$(IN_VENV) -m ruff format --check .

clean: ## remove all that was made here
	rm -rf $(VENV) build dist bench.json .pytest_cache .ruff_cache .mypy_cache .hypothesis node_modules static/vendor
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A Python named on the command line is looked at each time: it may be another one than the environment's.
ifneq ($(filter command% environment%,$(origin PYTHON)),)
FORCE := force
endif

$(VENV)/.ready: $(SOURCES) scripts/setup $(FORCE)
	@scripts/setup "$(PYTHON)" $(VENV) .

$(VENV)/.ready-test: $(SOURCES) scripts/setup $(FORCE)
	@scripts/setup "$(PYTHON)" $(VENV) '.[test]'

force:
