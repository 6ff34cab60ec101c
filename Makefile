# make demo: install and start the page. make test: install what tests need, run all of them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Without an NVIDIA GPU, torch's build for processors where its index answers. Of what pip says, the
# large downloads are shown.
SHELL := /bin/bash
PIP_INSTALL = set -o pipefail; options=$$($(BIN)/python scripts/torch_options.py) && \
	$(BIN)/pip install --progress-bar off --constraint constraints.txt $$options
SHOW_LARGE = | awk '/\([0-9][0-9]+\.[0-9]+ MB\)|\([0-9.]+ GB\)/' && \
	$(BIN)/python scripts/torch_options.py --installed

.PHONY: demo test check web bench fuzz pictures train browser canary format clean

demo: $(VENV)/.demo
	$(BIN)/busdemo

# The page's tests beside all others: two processes for two cores, neither holds what both need.
PYTEST = $(BIN)/pytest --durations=10 --cov --cov-report= --cov-fail-under=0

test: check browser
	@rm -f .coverage .coverage.*; log=$$(mktemp); \
	COVERAGE_FILE=.coverage.page $(PYTEST) tests/ui >$$log 2>&1 & page=$$!; \
	COVERAGE_FILE=.coverage.rest $(PYTEST) --ignore=tests/ui; rest=$$?; \
	wait $$page; page=$$?; cat $$log; rm $$log; exit $$((rest + page))
	$(BIN)/coverage combine --quiet .coverage.page .coverage.rest
	$(BIN)/coverage report

check: $(VENV)/.test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy --config-file tests/mypy.ini
	$(BIN)/lint-imports
	$(BIN)/busdemo readme --check
	$(MAKE) --no-print-directory web

# The front end: types, lint and unit tests, where Node is at hand. busdemo itself needs none.
web:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory node_modules && npm run --silent check; \
	else echo "No Node here: the front end's types, lint and unit tests are left out."; fi

node_modules: package.json package-lock.json
	npm ci --silent --no-audit --no-fund
	@touch $@

bench: $(VENV)/.test browser
	$(BIN)/python tests/benchmarks/measure.py $(if $(WRITE),--write)

# Each night: 10,000 damaged files of every format that is read; the tests try 200.
fuzz: $(VENV)/.test
	BUSDEMO_FUZZ=10000 $(BIN)/pytest tests/annotations/test_fuzz.py

pictures: $(VENV)/.test browser
	$(BIN)/python tests/benchmarks/pictures.py

# Goes on with every training of the plan (busdemo train --list says how far it is); state is kept in
# the home directory. Run it twice for two processes. HOURS=2 makes it stop in time.
train: $(VENV)/.train
	OMP_NUM_THREADS=1 $(BIN)/busdemo train --all $(if $(HOURS),--hours $(HOURS))

# What the newest gradio, torch, huggingface_hub and smp would break: several GB, no part of `make test`.
canary: browser
	$(PYTHON) scripts/canary.py

format: $(VENV)/.test
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# Chromium for the tests that drive the page: the distribution's own, so that nothing is downloaded
# from elsewhere.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
	else \
		echo "The tests drive a real browser: please install chromium (Debian: apt install chromium)."; exit 1; \
	fi

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "busdemo needs Python 3.11 or newer; this is $$($(PYTHON) --version)."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(BIN)/pip pyproject.toml constraints.txt
	@echo "Installing into $(VENV); this takes some minutes."
	@$(PIP_INSTALL) --editable . $(SHOW_LARGE)
	@touch $@

$(VENV)/.train: $(BIN)/pip pyproject.toml constraints.txt
	$(PIP_INSTALL) --editable '.[train]'
	@touch $@ $(VENV)/.demo

$(VENV)/.test: $(BIN)/pip pyproject.toml constraints.txt
	@$(PIP_INSTALL) --editable '.[test]' $(SHOW_LARGE)
	@touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) node_modules build dist *.egg-info
