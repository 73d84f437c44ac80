# Two commands do everything: `make demo` and `make test`.

PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin

.PHONY: demo test lint build check editor editor-harness clean help

help:
	@echo "make demo   install, build the modules, run them on published measurements"
	@echo "make test   install, lint, type-check, run all tests"
	@echo "make build  build the modules of this checkout"
	@echo "make editor test the colours of editors (needs npm)"
	@echo "make clean  remove the environment and what was built"

demo: $(VENV)/demo.stamp
	$(BIN)/lawc demo $(if $(DATA),--data $(DATA))

test: lint
	$(BIN)/python -m pytest -n auto --dist loadgroup --durations=25 --durations-min=5

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python

editor-harness:
	cd editors/vscode && npm install --silent --no-save --no-package-lock --ignore-scripts vscode-tmgrammar-test

editor: editor-harness
	cd editors/vscode && npm test --silent

check: $(VENV)/demo.stamp
	$(BIN)/lawc check

build: $(VENV)/demo.stamp
	$(BIN)/lawc build

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "lawc needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/torch.stamp: $(VENV)/bin/python tools/install_torch.py
	$(BIN)/python tools/install_torch.py
	touch $@

$(VENV)/demo.stamp: $(VENV)/torch.stamp pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[plot]'
	touch $@

$(VENV)/test.stamp: $(VENV)/torch.stamp pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@ $(VENV)/demo.stamp

clean:
	rm -rf $(VENV) .lawc report build dist
	find modules -mindepth 2 -maxdepth 2 -type d -exec rm -rf {} +
