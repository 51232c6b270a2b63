PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FILE ?= samples/shipments.xlsx
# One more at once than most machines of CI have cores: many tests wait on purpose.
AT_ONCE := -n 3 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help setup format lint types test cover check check-windows windows run demo samples messages bench bench-full rival torture torture-team simulate fuzz differential same mutants audit clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(VENV)/ready: pyproject.toml batch_update/__init__.py
	@echo "Setting up $(VENV) (once; a minute or two) ..."
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "batch-update needs Python 3.11 or newer; say which one with: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	@$(BIN)/python -m tests.postgres.fetch
	@touch $@

setup: $(VENV)/ready ## make .venv with everything in it

format: setup ## let ruff put the code in order
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup ## ruff: style, mistakes, forbidden imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup ## mypy, strict, on the package, the tests and the tools
	$(BIN)/mypy

test: setup ## the tests, without coverage
	$(BIN)/pytest -q $(AT_ONCE)

cover: setup ## the tests with statement and branch coverage (floor 95%)
	$(BIN)/pytest -q $(AT_ONCE) --cov --cov-report=term

audit: setup ## known vulnerabilities of what is installed
	$(BIN)/python -m tools.audit

check: lint types audit cover ## what CI runs: lint, types, advisories, tests with coverage

check-windows: setup ## the tests on Windows, as wine shows it; Debian or Ubuntu: ARGS="tests/unit -k clock"
	$(BIN)/python -m tools.windows.check $(ARGS)

windows: setup ## Setup for Windows, and the same as a zip; on Linux, from PyPI and Debian
	$(BIN)/python -m tools.windows.build $(ARGS)

run: setup ## practise with your own sheet: make run FILE=shipments.xlsx
	$(BIN)/batch-update --sandbox "$(FILE)"

# The sample holds rows that fail on purpose, so exit status 1 is the right one here.
demo: setup ## a whole run on the sample sheet, against a stand-in of the shop
	@mkdir -p build
	$(BIN)/batch-update samples/shipments.xlsx --sandbox --output build/shipments.practice.xlsx || test $$? -eq 1
	@echo
	@echo "Open build/shipments.practice.xlsx: each row of the sheet, and what happened to it."

samples: setup ## make the files in samples/ anew
	$(BIN)/python -m tools.make_samples

messages: setup ## the catalogues, after a sentence or its translation was changed
	$(BIN)/python -m tools.messages

bench: setup ## how fast it is, beside plain scripts that do less: a quarter of an hour, or twice that
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group bench
	$(BIN)/python -m tools.bench

bench-full: setup ## the same with more rounds and more rows: an hour at most
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group bench
	$(BIN)/python -m tools.bench --full

rival: setup ## the team's ledger beside a job queue, with faults and kills, a quarter of an hour: ARGS=--help
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group rival
	$(BIN)/python -m tools.bench.rival $(ARGS)

torture: setup ## runs killed at any moment and started again: what is lost or doubled
	$(BIN)/python -m tools.torture

torture-team: setup ## runs of eight machines on one ledger, under every fault: half an hour
	$(BIN)/python -m tools.torture_team

simulate: setup ## stories of runs in virtual time, 100,000 of them: ten minutes
	$(BIN)/python -m tools.simulation

fuzz: setup ## hostile input by the million, led by coverage: ten minutes
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group fuzz
	$(BIN)/python -m tools.fuzz

differential: setup ## our reading of workbooks beside calamine's and LibreOffice's: IN="FOLDER…"
	$(BIN)/python -m tools.differential $(IN)

same: setup ## is all as it was? random sheets through another revision and this one: AS=REVISION
	$(BIN)/python -m tools.sameness $(or $(AS),HEAD)

# Interrupted, it goes on where it was; a room that is named is tried anew.
mutants: setup ## small mistakes made in the rules: which would no check notice? one room: ONLY=validator
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group mutants
	PATH="$(CURDIR)/$(BIN):$$PATH" mutmut run $(ONLY:%="batch_update.%*")
	@$(BIN)/mutmut results | grep -v "not checked\|caught by type check" || echo "No survivors."
	@$(BIN)/mutmut results --all true | sed -E 's/^ *batch_update\.([a-z]+)[^:]*: /\1, /' | sort | uniq -c

clean: ## remove what make made
	rm -rf $(VENV) build dist mutants .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
