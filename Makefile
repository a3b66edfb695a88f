# The two commands are `make run` and `make test`; `make` alone lists all.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check audit fix cover docs checks screenshots bench study soak rehearse pins

# The first Python on the path that is new enough; `make PYTHON=... run` names another.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c "$(NEW_ENOUGH)" 2>/dev/null && echo $$p && break; done)

DEV := .venv-dev/bin

# Tests make thousands of small databases. They are in memory where there is room for many times what they take.
ROOM := $(shell [ -w /dev/shm ] && df -Pm /dev/shm | awk 'NR == 2 && $$4 > 4000 { print "TMPDIR=/dev/shm" }')
PYTEST := $(ROOM) CHROMIUM="$$(tests/browser/find_chromium.sh)" $(DEV)/pytest -n 2

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 10

run: .venv/stamp ## serve on http://127.0.0.1:8050/; an empty store gets demo data (HOST, PORT, DATABASE_URL are honoured)
	@.venv/bin/python -m dashapp init
	@.venv/bin/python -m dashapp demo --if-empty
	@exec .venv/bin/python -m dashapp serve

test: .venv-dev/stamp ## get a Chromium where there is none, then check; what CI runs
	@tests/browser/find_chromium.sh --install >/dev/null
	@$(MAKE) --no-print-directory check

check: .venv-dev/stamp ## lint, format, types, import contracts, container files, security, then all tests
	$(DEV)/ruff check
	$(DEV)/ruff format --check
	$(DEV)/mypy
	$(DEV)/lint-imports
	$(DEV)/hadolint Dockerfile
	$(DEV)/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
	$(DEV)/bandit -q -c pyproject.toml -r dashapp pages wsgi.py gunicorn.conf.py
	$(PYTEST)
	$(DEV)/python -m tests.audit requirements.txt || [ $$? -eq 3 ] # says NOT AUDITED where nobody could be asked

audit: .venv-dev/stamp ## ask whether what is pinned has known vulnerabilities; fails also where nobody could be asked
	$(DEV)/python -m tests.audit requirements.txt

fix: .venv-dev/stamp ## format, and mend what ruff can mend
	$(DEV)/ruff check --fix
	$(DEV)/ruff format

cover: .venv-dev/stamp ## the tests with the lines that none of them reaches
	$(PYTEST) --cov

docs: .venv-dev/stamp ## write docs/metrics.md and docs/security.md from what the code declares
	$(DEV)/python -m docs.generate

checks: .venv-dev/stamp ## run the tests of the checks in docs/security.md, and write there what came of them
	$(ROOM) CHROMIUM="$$(tests/browser/find_chromium.sh)" $(DEV)/python -m docs.checks
	$(DEV)/python -m docs.generate

screenshots: .venv-dev/stamp ## take the pictures of the README anew
	CHROMIUM="$$(tests/browser/find_chromium.sh)" $(DEV)/python -m docs.screenshots

SCALES ?= 1 10
bench: .venv-dev/stamp ## measure everything at the demo's SCALES ("1 10"; 100 takes long), kept in docs/benchmarks.md
	CHROMIUM="$$(tests/browser/find_chromium.sh)" $(DEV)/python -m bench --scales $(SCALES)

study: .venv-dev/stamp ## simulate attacks and find them, some minutes; tables kept in docs/detection.md (TS_OPS=dir, DSA=file)
	$(DEV)/python -m bench.detection $(if $(TS_OPS),--ts-ops $(TS_OPS)) $(if $(DSA),--dsa $(DSA))

MINUTES ?= 10
ROUNDS ?= 100
REQUESTS ?= 10000
soak: .venv-dev/stamp ## fifty users for so many MINUTES (10), then ROUNDS (100) of kill -9, jobs, malformed REQUESTS (10000)
	$(DEV)/python -m bench.soak --minutes $(MINUTES)
	$(DEV)/python -m bench.durability --rounds $(ROUNDS)
	$(DEV)/python -m bench.jobs --minutes $(MINUTES)
	$(DEV)/python -m bench.fuzz --requests $(REQUESTS)

rehearse: .venv-dev/stamp ## go through the steps of the Dockerfile without Docker: build, serve, healthcheck, stop
	$(DEV)/python -m tests.rehearse

COMPILE := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

pins: .venv-dev/stamp ## pin anew what pyproject.toml asks for
	$(DEV)/pip install --quiet --disable-pip-version-check uv
	$(DEV)/$(COMPILE) pyproject.toml -o requirements.txt
	$(DEV)/$(COMPILE) pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt

# An environment follows the pins in place, for something may be running from it; a broken one is made anew.
define environment
	$(if $(PYTHON),,$(error Watchfloor needs Python 3.11 or newer: install it, or name it as in `make PYTHON=/path/to/python run`))
	@$(PYTHON) -c "$(NEW_ENOUGH)" || { echo "$(PYTHON) is older than Python 3.11, which Watchfloor needs" >&2; exit 1; }
	@echo "bringing $(@D) to $<: a minute or two, this once"
	@$(@D)/bin/pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@
endef

.venv/stamp: requirements.txt
	$(environment)

.venv-dev/stamp: requirements-dev.txt
	$(environment)
