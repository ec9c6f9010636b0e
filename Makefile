# Two commands do it all on a machine with Python 3.11+, venv and make:
#   make demo    the street on a simulated camera and door, with the real networks
#   make test    linters, types, import rules and every ordinary test
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test lint slow clean
.DELETE_ON_ERROR:

demo: $(VENV)/installed
	$(BIN)/edge-gate demo

test: lint
	$(BIN)/pytest

lint: $(VENV)/tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

slow: $(VENV)/tools
	$(BIN)/pytest -m slow

$(VENV)/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("edge_gate needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/tools: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --group dev
	touch $@

clean:
	rm -rf $(VENV) demo build dist
