# The two commands are `make demo` and `make test`. Each makes .venv itself at first (about half a minute), needs only
# Python 3.11 to 3.13 and make, and works without a network from the second time on. `make help` lists the rest.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
PYTEST := .venv/bin/python -m pytest
PYTHON ?=
export PYTHON
# Python keeps what it has compiled, whatever the shell says: the tests start a hundred processes and more, and without
# it each would compile all it needs anew, the test runner's own workers for longest of all.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint types borders storm covered crash sabotage foreign drill wire bench build lock clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1: /p' Makefile

setup: ## make .venv, or bring it up to date; nothing to do costs a tenth of a second
	@GOAL="$(firstword $(MAKECMDGOALS))" sh tools/setup.sh

demo: setup ## both venues in a box, twenty signals, six faults, one table
	@.venv/bin/python -m seawall demo

# Three at a time on two cores: a test on sockets waits more than it computes, and tests/conftest.py begins with those.
test: setup ## every test but the long ones; `make test ARGS="-k stop"` passes options on
	@$(PYTEST) -n 3 --dist worksteal $(ARGS)

check: setup ## all that can be said without running the program; what fails first does not hide the rest
	@$(MAKE) --keep-going lint types borders

lint: setup ## style, and what must not stand in a repository
	@.venv/bin/python -m ruff check
	@.venv/bin/python -m ruff format --check
	@.venv/bin/python tools/scan.py

types: setup ## mypy, strict
	@.venv/bin/python -m mypy

borders: setup ## who may know whom, and what the heart may not know
	@$(PYTEST) -q tests/test_borders.py

storm: setup ## random faults in virtual time on both venues: make storm SEEDS=0..1000
	@.venv/bin/python -m seawall.drill.storm --seeds $(or $(SEEDS),0..500) $(ARGS)

covered: setup ## every fault and every row of the saga's table, by pages and by what storms kept: make covered ARGS="storm.json"
	@.venv/bin/python -m seawall.drill.covered $(ARGS)

crash: setup ## every page of src/seawall/drill/scenarios, killed wherever it makes a difference; ARGS="--part 1/4" is a part of it, ARGS="--every 25" the short form
	@.venv/bin/python -m seawall.drill.crash $(ARGS)

sabotage: setup ## the house broken on purpose, one patch of sabotage/ at a time: what catches it, after how many runs
	@.venv/bin/python tools/sabotage.py $(ARGS)

foreign: setup ## ccxt and pybit, in an environment of their own, turned on the box
	@sh tools/setup.sh .venv-foreign requirements/foreign.txt
	@.venv-foreign/bin/python -m pytest -m foreign $(ARGS) $(shell find tests -name 'test_foreign_*.py')

drill: setup ## every page in virtual time; on real sockets with ARGS=--wire, all of them with ARGS='--wire --at-most 20min'
	@.venv/bin/python -m seawall drill $(ARGS)

wire: setup ## on real sockets: 200 openings, 1,000 in the storm, 20 kill -9 (20 min); more or less: `ARGS="kill --kills 200"`; `ARGS=guard`: 1,000 positions guarded
	@$(PYTEST) -m long tests/wire
	@.venv/bin/python -m seawall.drill.wire $(ARGS)

bench: setup ## ours beside a plain script of the same two calls, in one run; about four minutes; docs/benchmark.md
	@.venv/bin/python -m seawall.drill.bench $(ARGS)

build: setup ## the wheel, in dist/
	@.venv/bin/python -m hatchling build --target wheel

lock: setup ## write requirements/*.txt anew; `make lock ARGS=--upgrade` moves the versions
	@.venv/bin/python tools/lock.py $(ARGS)

clean: ## remove all that the other commands have made
	@rm -rf .venv .venv-foreign .venv.lock .venv-foreign.lock dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
