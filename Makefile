# Two commands set up all they need: `make report` and `make test`. Python 3.11 or later is the only requirement.
VENV ?= .venv
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := $(VENV)/bin
export MPLBACKEND := Agg

.PHONY: report test test-all test-oldest lint audit docs clean

report: $(VENV)/.core ## write report.html from the CDNOW log
	$(BIN)/segmentclient demo --output report.html

test: $(VENV)/.test lint ## lint, types and the tests of every day
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-all: $(VENV)/.all lint ## every test, the long ones too (Spark and Dask included)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m ""

test-oldest: ## the same tests on the oldest versions that are promised (tests/oldest.txt)
	$(PYTHON) -m venv $(VENV)-oldest
	$(VENV)-oldest/bin/python -m pip install --quiet --constraint tests/oldest.txt --editable '.[test]'
	$(VENV)-oldest/bin/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

audit: $(VENV)/.test ## known holes in what we depend on (asks an online service)
	$(BIN)/python -m pip install --quiet pip-audit
	$(BIN)/pip-audit --skip-editable

docs: $(VENV)/.docs ## build the documentation into docs/_build
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

clean:
	rm -rf $(VENV) $(VENV)-oldest report.html

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later was not found; install it, or name it: make PYTHON=... report"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@

$(VENV)/.docs: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	touch $@

$(VENV)/.all: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[test,spark,dask,ibis]'
	touch $@
