# Two commands do it all on a machine with Python 3.11+, venv and make:
#   make demo    the street on a simulated camera and door, with the real networks
#   make test    linters, types, import rules and every ordinary test
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test lint slow nightly faults cover mutants bench-peers e2e-systemd e2e-vm clean
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

# One million random steps through the door's core; prints how many.
nightly: $(VENV)/tools
	EDGE_GATE_STEPS=1000000 $(BIN)/pytest -s tests/access/test_any_sequence.py

# Every branch of the door's core, by its own tests.
cover: $(VENV)/tools
	$(BIN)/pytest tests/access --cov=edge_gate.access --cov-branch --cov-report=term-missing --cov-fail-under=100

# Which breakages of the door's core no test notices; an hour on four cores. docs/mutants.md explains them.
mutants: $(VENV)/tools
	$(BIN)/python -m pip install --quiet 'mutmut>=3.8'
	$(BIN)/python tests/mutate.py

# 1,000 seeded faults on the real daemon; prints the table. EDGE_GATE_FAULTS and EDGE_GATE_SITES change the numbers.
faults: $(VENV)/tools
	$(BIN)/pytest -s -m slow tests/service/test_fault_campaign.py

# The door beside its peers, each in an environment of its own: docs/performance.md.
bench-peers: $(VENV)/tools
	$(BIN)/python tests/bench/compare.py --shared ../shared

# End to end, as root, on Debian: installs what it needs, builds its machines once into ~/.cache/edge-gate-e2e.
# A booted container under a real systemd (E2E_SUITE=trixie takes Debian 13 for 12); an emulated aarch64 board with
# a real kernel. See docs/e2e.md.
e2e-systemd: $(VENV)/tools
	$(BIN)/pytest -vv --durations=0 tests/e2e/e2e_systemd.py

e2e-vm: $(VENV)/tools
	$(BIN)/pytest -vv --durations=0 tests/e2e/e2e_vm.py

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
