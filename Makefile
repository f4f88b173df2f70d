# From a fresh clone: `make run` serves the demo, `make test` runs the whole suite. Only Python 3.11 (with venv) and make are needed.

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
# The locked packages, or with NEWEST=1 the newest ones that setup.cfg allows; each in a virtual environment of its own.
NEWEST ?=
LOCK := requirements-dev.lock
VENV := $(if $(NEWEST),.venv-newest,.venv)
BIN := $(VENV)/bin
# The name says what is installed: a virtual environment does not survive being moved, and the newest packages of a day are
# those of that day.
INSTALLED := $(VENV)/.installed-$(shell pwd | cksum | cut -d ' ' -f 1)-$(if $(NEWEST),$(shell date +%F),$(LOCK))
PIP_INSTALL = PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard gmp_booking/translations/*/LC_MESSAGES/*.po))
UPGRADER := .venv-upgrade
BUILD_REQUIRES = $(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep=chr(10))'
COMPILE := $(UPGRADER)/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --upgrade --generate-hashes \
	--no-annotate --custom-compile-command 'make upgrade'
BROWSERS := chromium chromium-browser google-chrome google-chrome-stable
WORKERS ?= 2
ARGS ?=

DEMO ?= $(or $(GMP_DEMO),1)
# Packages are compiled when first imported; were that forgotten, each process would do it again, for seconds.
unexport PYTHONDONTWRITEBYTECODE
ifneq ($(strip $(PORT)),)
export GMP_PORT := $(PORT)
endif
ifneq ($(strip $(GMP_DATA_DIR)),)
export GMP_DATA_DIR
endif

define require-python
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed: install it, or say where it is with PYTHON=/path/to/python3.' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo 'Python cannot make virtual environments here: install python3-venv (Debian: apt-get install python3-venv).' >&2; exit 1; }
endef

.DEFAULT_GOAL := help
.PHONY: help run test quick test-long bench check docs upgrade sbom setup ready install assets browser

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | awk -F '|' '{ printf "%-18s %s\n", $$1, $$2 }'
	@echo '  PORT=8010 and GMP_DATA_DIR=/some/folder choose where it runs; DEMO=0 starts an empty facility.'
	@echo '  ARGS="-k timeline" goes to pytest; NEWEST=1 takes the newest packages instead of the locked ones.'

run: export GMP_DEMO := $(DEMO)
run: setup ## serve on http://127.0.0.1:8000, with demo data; Ctrl-C stops everything
	@$(BIN)/gmp-booking run

test: ready ## the whole test suite
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

quick: setup ## the tests without browsers, races, kills and whole installations
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m 'not (long or browser or heavy)' $(ARGS)

test-long: ready ## the full figures: races, kills, large data
	@$(BIN)/python -m pytest -m long $(ARGS)

bench: setup ## the benchmarks
	@$(BIN)/python -m benchmarks $(ARGS)

check: install ## style, types and floors
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/python -m mypy
	@$(BIN)/lint-imports

docs: install ## the tables in docs/, from the code that obeys them
	@$(BIN)/python -m docs.generate

# The product's packages are locked within those of development: a server gets the versions that were tested.
upgrade: ## lock the newest packages that setup.cfg allows, then run the whole suite
	$(require-python)
	@test -x $(UPGRADER)/bin/pip || $(PYTHON) -m venv $(UPGRADER)
	@$(UPGRADER)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade uv
	@$(BUILD_REQUIRES) | $(COMPILE) --output-file requirements-dev.lock --extra dev setup.cfg -
	@$(BUILD_REQUIRES) | $(COMPILE) --output-file requirements.lock --constraint requirements-dev.lock setup.cfg -
	@$(MAKE) --no-print-directory test

sbom: install ## the locked packages of the product, as a CycloneDX list in build/
	@mkdir -p build
	@printf '[project]\nname = "gmp-booking"\nversion = "%s"\n' "$$(sed -n 's/^version = //p' setup.cfg)" > build/sbom.toml
	@PYTHONWARNINGS=ignore $(BIN)/cyclonedx-py requirements --pyproject build/sbom.toml --output-file build/sbom.cdx.json requirements.lock
	@echo 'build/sbom.cdx.json'

setup: install assets $(CATALOGUES)

# Side by side: the packages of Python and those of the browser come from different places.
ready:
	@$(MAKE) --no-print-directory -j2 setup browser

install: $(INSTALLED)

$(INSTALLED): $(LOCK) requirements-dev.lock setup.cfg pyproject.toml
	$(require-python)
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@echo 'Installing Python packages …'
ifeq ($(NEWEST),)
	@sed -n '/^pip==/,/[^\]$$/p' requirements-dev.lock > $(VENV)/pip.lock
	@$(PIP_INSTALL) --require-hashes --requirement $(VENV)/pip.lock  # an old one takes twice as long
	@$(PIP_INSTALL) --require-hashes --requirement $(LOCK)
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
else
	@$(PIP_INSTALL) --upgrade pip
	@$(PIP_INSTALL) --upgrade --upgrade-strategy eager --editable '.[dev]'
endif
	@rm -f $(VENV)/.installed-*
	@touch $@

assets: install
	@$(BIN)/python -m gmp_booking.infra.web.assets

%.mo: %.po | install
	@$(BIN)/python -m babel.messages.frontend --quiet compile --input-file $< --output-file $@

browser:
	@for name in $(BROWSERS); do command -v $$name >/dev/null && exit 0; done; \
	packages='chromium fonts-noto-cjk'; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing $$packages …"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$packages >/dev/null; \
	else \
		echo "The browser tests need Chromium: install it (Debian: sudo apt-get install $$packages), then run this again." >&2; \
		exit 1; \
	fi
