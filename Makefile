# The project's commands. Each does all the set-up it needs; README.md says what they are for.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
CHECKERS := tests/accessibility/node_modules
OTHERS := .venv-bench
LOCK := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate -U
# These look at pages, PDFs and files, or bring both databases themselves; which one is behind makes no difference to them.
NOT_ABOUT_DATA := accessibility browser demo booklet operation walk lotsen_browser load bench

.DEFAULT_GOAL := help
.PHONY: help setup run test fuzz a11y bench load lint audit sbom lock messages screenshots

help:
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(VENV)/.translated  ## only the virtual environment (.venv)

run: export DEBUG := 1
run: export PORT := $(PORT)
run: $(VENV)/.translated  ## the portal on http://127.0.0.1:8000, with demo content on first start (PORT=… for another port)
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py first_start
	@$(BIN)/python manage.py rebuild_search
	@$(BIN)/python manage.py dev_login --port $(PORT)
	@$(BIN)/python manage.py runserver 127.0.0.1:$(PORT)

test: export DEBUG := 1
test: $(VENV)/.installed-dev $(VENV)/.translated  ## the tests, on SQLite and on PostgreSQL and in a real browser
	@$(BIN)/python -m tests.machine
	@echo "== SQLite"
	@env -u DATABASE_URL $(BIN)/python -m pytest -n auto
	@echo "== PostgreSQL"
	@$(BIN)/python -m tests.postgres $(BIN)/python -m pytest -n auto $(NOT_ABOUT_DATA:%=--ignore tests/test_%.py)

fuzz: export DEBUG := 1
fuzz: export FUZZ ?= 15
fuzz: $(VENV)/.installed-dev $(VENV)/.translated  ## hostile words everywhere, other ones each time, for ten minutes (FUZZ=60 for forty)
	@$(BIN)/python -m tests.machine
	@env -u DATABASE_URL $(BIN)/python -m pytest tests/test_fuzz.py -n auto
	@$(BIN)/python -m tests.postgres $(BIN)/python -m pytest tests/test_fuzz.py -n auto

a11y: export DEBUG := 1
a11y: $(VENV)/.installed-dev $(VENV)/.translated $(CHECKERS)/.installed  ## four accessibility checkers look at every page, residents' and staff's (needs npm and Java)
	@$(BIN)/python -m tests.machine a11y
	@env -u DATABASE_URL $(BIN)/python -m pytest tests/accessibility -n auto

bench: export DEBUG := 1
bench: $(VENV)/.installed-dev $(VENV)/.translated $(OTHERS)/.installed  ## how fast it is, beside Django alone and Wagtail, in twenty minutes; writes docs/benchmarks.md
	@$(BIN)/python -m tests.machine bench
	@env -u DATABASE_URL $(BIN)/python -m tests.bench

load: $(VENV)/.installed-dev $(VENV)/.translated  ## the portal under load: edits meanwhile, and minutes near the limit (LOAD_MINUTES=…)
	@$(BIN)/python -m tests.machine
	@$(BIN)/python -m tests.load

lint: export DEBUG := 1
lint: $(VENV)/.installed-dev $(VENV)/.translated  ## style, types, templates, migrations, licences
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	git ls-files '*.html' | xargs $(BIN)/djade --check
	git ls-files '*.py' | xargs $(BIN)/django-upgrade --target-version 5.2
	$(BIN)/python manage.py makemigrations --check
	$(BIN)/mypy
	$(BIN)/reuse lint --quiet

audit: $(VENV)/.installed-dev  ## has a package we use a known hole? (asks a service in the internet; says so if it cannot)
	@$(BIN)/python -m tests.audit

sbom: $(VENV)/.installed-dev  ## sbom.cdx.json: everything the portal is made of, as CycloneDX
	@$(BIN)/python -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible -o sbom.cdx.json requirements.txt

screenshots: $(VENV)/.installed-dev $(VENV)/.translated  ## new pictures in docs/screenshots/ and docs/handbuch/bilder/
	@$(BIN)/python -m tests.machine
	@$(BIN)/python -m tests.screenshots
	@$(BIN)/python -m tests.handbook_pictures

lock: $(VENV)/.installed-dev  ## new lock files from pyproject.toml
	$(LOCK) pyproject.toml -o requirements.txt
	$(LOCK) pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
	$(LOCK) --group pyproject.toml:bench -c requirements.txt -o requirements-bench.txt

messages: export DEBUG := 1
messages: $(VENV)/.installed-dev  ## collect interface texts into locale/*/LC_MESSAGES/django.po (needs gettext)
	$(BIN)/python manage.py makemessages --no-obsolete --no-location --no-wrap $(foreach l,$(notdir $(wildcard locale/*)),-l $(l)) -i .venv -i tests
	sed -i '/^"POT-Creation-Date/d; /^"Report-Msgid-Bugs-To/d' locale/*/LC_MESSAGES/django.po
	$(BIN)/python manage.py compilemessages

# ---------------------------------------------------------------------------------------------------

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo "Installing what the portal needs …"
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

# What the portal is compared with, in an environment of its own.
$(OTHERS)/.installed: requirements-bench.txt $(VENV)/.installed
	@echo "Installing what the portal is compared with …"
	@$(BIN)/python -m venv $(OTHERS)
	@$(OTHERS)/bin/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements-bench.txt
	@touch $@

# Compiled by Python alone: a fresh clone needs no gettext.
$(VENV)/.translated: $(VENV)/.installed $(wildcard locale/*/LC_MESSAGES/*.po portal/django_gaps/*/LC_MESSAGES/*.po)
	@DEBUG=1 $(BIN)/python manage.py compilemessages --verbosity 0
	@touch $@

# In the folder itself, so that it goes with it.
$(CHECKERS)/.installed: tests/accessibility/package-lock.json $(VENV)/.installed-dev
	@$(BIN)/python -m tests.machine a11y
	@echo "Installing the accessibility checkers …"
	@cd tests/accessibility && npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@
