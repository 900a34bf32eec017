# One verb a task, the same by hand and in CI. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
UV_VERSION := 0.13.9
PIP_AUDIT_VERSION := 2.10.1
VENV := .venv
BIN := $(VENV)/bin
export IBR_HOME ?= $(CURDIR)/workspace
export DO_NOT_TRACK := 1
# Set in many containers; then every process compiles thousands of modules anew, 15 s of each run.
unexport PYTHONDONTWRITEBYTECODE
export GX_ANALYTICS_ENABLED := false
SCALE ?= small
SCALES ?= 0.1 1

.PHONY: help setup spark demo test lint format bench bench-pipeline docs ui serve offline audit clean

help:  ## List what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup: $(VENV)/.ready  ## Make .venv with the locked dependencies

$(VENV)/.ready: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v[:2] < (3, 13) else f"Python 3.11 or 3.12 is needed, this is {v[0]}.{v[1]}; name another with: make PYTHON=python3.11 $(MAKECMDGOALS)")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv sync --frozen
	@touch $@

spark: setup  ## Add Spark to .venv, for engine: spark (docs/spark.md); needs Java 17 beside it
	$(BIN)/uv sync --frozen --extra spark

demo: setup  ## The whole main job on the sample country; again, and one payment cycle passes
	$(BIN)/ibr demo

test: setup  ## All tests
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: setup  ## Linters and type checks
	$(BIN)/ruff check .
	$(BIN)/mypy

format: setup  ## Mend what ruff can mend
	$(BIN)/ruff check --fix .

bench: setup  ## Linkage against its peers [SCALE=full] [ROWS="febrl4 dedupe"]; writes benchmarks/results/linkage.json
	@$(BIN)/uv sync --frozen --group bench --quiet || echo "The bench group could not be installed: rows go without Splink."
	@$(BIN)/python -m benchmarks.linkage --scale $(SCALE) --rows "$(ROWS)"

bench-pipeline: setup  ## The whole pipeline, stage by stage [SCALES="0.1 1"] [WORKSPACE=DIR] [PROGRAMS=80]; writes benchmarks/results/pipeline.json
	@$(BIN)/python -m benchmarks.pipeline --scales "$(SCALES)" $(if $(WORKSPACE),--workspace "$(WORKSPACE)") $(if $(PROGRAMS),--programs $(PROGRAMS))

docs: setup  ## All tables, columns, tests and their lineage as one offline page, workspace/docs/models.html
	$(BIN)/ibr docs

ui: setup  ## Dagster's page on http://127.0.0.1:3000 for the workspace
	$(BIN)/ibr ui

serve: setup  ## The service on http://127.0.0.1:8440 for the workspace
	$(BIN)/ibr serve

offline: setup  ## dist/offline: all that a server without a network needs, to be carried there (docs/installing-offline.md)
	deploy/offline/bundle.sh dist/offline $(BIN)/python $(BIN)/uv

audit: setup  ## Known vulnerabilities of the locked dependencies; asks pypi.org, so by hand or weekly, not in CI
	@$(BIN)/uv export --frozen --quiet --no-dev --no-emit-project --output-file $(VENV)/audited.txt >/dev/null
	$(BIN)/uv tool run --from pip-audit==$(PIP_AUDIT_VERSION) pip-audit --requirement $(VENV)/audited.txt --disable-pip \
		--strict $$(sed -n 's/^\([A-Z]*-[A-Za-z0-9-]*\) .*/--ignore-vuln \1/p' .ci/accepted-advisories.txt)

clean:  ## Remove the demo's workspace and the virtual environment
	rm -rf workspace $(VENV)
