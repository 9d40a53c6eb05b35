# Everything a person does with this repository. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# the programs that tests start are compiled once, as an installation's are, whatever the machine is told
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test long worlds faults conformance page soak mutants check lint types imports bench lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/runtime: requirements.lock pyproject.toml verifier/pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else f"Python 3.11 or newer is needed, this is {v[0]}.{v[1]}")'
	@echo "Installing what is pinned in requirements.lock into $(VENV): once, silently, for about half a minute."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable verifier --editable .
	touch $@

$(VENV)/dev: $(VENV)/runtime requirements-dev.lock
	@echo "Installing what is pinned in requirements-dev.lock into $(VENV): once, silently, for about half a minute."
	$(BIN)/pip install --quiet --require-hashes --requirement requirements-dev.lock
	touch $@

demo: $(VENV)/runtime ## run the main job on a simulated municipality, then serve the API on localhost
	$(BIN)/gateway demo

test: $(VENV)/dev ## run the test suites
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder tests -m "not long and not soak" --ignore tests/conformance --ignore tests/page

long: $(VENV)/dev ## run what is exhaustive, doubled or slow, and properties on all their examples
	EXAMPLES=all $(BIN)/pytest -n 2 --dist worksteal tests -m "(long or property) and not soak" --ignore tests/conformance --ignore tests/page --ignore tests/faults/test_source_faults.py

worlds: $(VENV)/dev ## draw worlds and combinations by the thousand (some 20 minutes; `make long` draws fewer)
	$(BIN)/pytest -n 2 --dist worksteal tests -m soak --ignore tests/conformance --ignore tests/page

faults: $(VENV)/dev ## every source with every fault, against the table (some three minutes; `make test` runs one source)
	$(BIN)/pytest -n 2 tests/faults/test_source_faults.py

CONFORMANCE := $(VENV)/conformance
$(CONFORMANCE): $(VENV)/dev tests/conformance/requirements.lock tests/conformance/rules.lock \
    tests/conformance/readers.lock tests/conformance/js/package-lock.json
	$(BIN)/pip install --quiet --require-hashes --requirement tests/conformance/requirements.lock
	$(BIN)/pip install --quiet --no-deps --require-hashes --requirement tests/conformance/rules.lock
	$(BIN)/pip install --quiet --no-deps --ignore-requires-python --require-hashes \
	  --requirement tests/conformance/readers.lock
	# not `npm ci`: it asks for optional packages of other platforms, which the lock leaves out
	cd tests/conformance/js && npm install --omit=optional --omit-lockfile-registry-resolved --no-audit --no-fund --silent
	touch $@

conformance: $(CONFORMANCE) ## check what is signed with verifiers that others wrote (needs Node and SoftHSM 2)
	$(BIN)/pytest tests/conformance

$(VENV)/page: $(VENV)/dev tests/page/package-lock.json
	cd tests/page && npm ci --omit=optional --no-audit --no-fund --silent
	touch $@

page: $(VENV)/page ## check verify.html against the command line (needs Node and Chromium)
	$(BIN)/pytest tests/page

$(VENV)/soak: $(VENV)/dev tests/soak/requirements.lock
	$(BIN)/pip install --quiet --require-hashes --requirement tests/soak/requirements.lock
	touch $@

soak: $(VENV)/soak ## break the release cycle for long, and write the report
	$(BIN)/python -m tests.soak

$(VENV)/mutants: $(VENV)/dev tests/mutants/requirements.lock
	$(BIN)/pip install --quiet --require-hashes --requirement tests/mutants/requirements.lock
	touch $@

mutants: $(VENV)/mutants ## change the code that guards privacy a bit at a time, all that is stale or MODULE=: a test must notice
	$(BIN)/python -m tests.mutants $(MODULE)

check: lint types imports ## lint, types and import direction

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev
	$(BIN)/mypy

imports: $(VENV)/dev
	$(BIN)/lint-imports

$(VENV)/bench: $(VENV)/dev bench/requirements.lock
	$(BIN)/pip install --quiet --require-hashes --requirement bench/requirements.lock
	touch $@

bench: $(VENV)/bench ## measure what the README claims, as ratios
	$(BIN)/python -m bench

lock: ## pin the newest versions of every dependency, with hashes and no address
	for extra in '--extra build' '--extra build --extra dev'; do \
	  sed '/"outcome-verifier"/d' pyproject.toml > $(VENV)/lock.toml; \
	  cp $(VENV)/lock.toml $(VENV)/pyproject.toml; \
	  uv pip compile $(VENV)/pyproject.toml $$extra --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-header --quiet --upgrade \
	    --output-file requirements$$(case $$extra in *dev) echo -dev;; esac).lock; \
	done
	for suite in tests/conformance tests/soak tests/mutants bench; do \
	  uv pip compile $$suite/requirements.in --constraint requirements-dev.lock --universal \
	    --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --quiet \
	    --output-file $$suite/requirements.lock; \
	done
	uv pip compile tests/conformance/rules.in --no-deps --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header --quiet --output-file tests/conformance/rules.lock
	uv pip compile tests/conformance/readers.in --no-deps --universal --python-version 3.12 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header --quiet --output-file tests/conformance/readers.lock

clean: ## remove what the targets made
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
