# Everything a newcomer types. Needs python3 (3.11 or newer), pip and the network; nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo up check test bench lock clean

demo: $(VENV)/run.stamp
	@$(BIN)/deskroute demo $(ARGS)

up: $(VENV)/run.stamp
	@$(BIN)/deskroute up

# The inner loop: seconds.
check: $(VENV)/dev.stamp
	$(BIN)/ruff check plugin routing tests benchmarks
	$(BIN)/ruff format --check -q plugin routing tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports
	HYPOTHESIS_PROFILE=quick $(BIN)/pytest -q tests/unit

# Everything, on SQLite and PostgreSQL, with a live desk and a real browser.
test: $(VENV)/dev.stamp
	@sh tests/install_browser.sh
	$(BIN)/pytest -n 2 $(ARGS)

bench: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks $(ARGS)

# After changing a dependency in pyproject.toml.
lock: $(VENV)/bin/python
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --universal --generate-hashes --extra demo --extra analysis pyproject.toml -o .locks/run.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --all-extras --group test --group check --group bench pyproject.toml -o .locks/dev.txt

clean:
	rm -rf $(VENV) .demo .deskroute .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Some systems ship python3 without the part of venv that installs pip; virtualenv brings its own.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Deskroute needs Python 3.11 or newer; $(PYTHON) is older. Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV) && \
		$(PYTHON) -m pip install -q --target $(VENV)-boot virtualenv && \
		PYTHONPATH=$(VENV)-boot $(PYTHON) -m virtualenv -q $(VENV); }

$(VENV)/run.stamp: .locks/run.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing into $(VENV) (once)"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r .locks/run.txt
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/dev.stamp: .locks/dev.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing what tests need into $(VENV) (once)"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r .locks/dev.txt
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@ $(VENV)/run.stamp
