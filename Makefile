# Dealtrail: `make help` lists what can be done. Everything needed is installed into .venv from requirements.txt.
PYTHON ?= python3
VENV   := .venv
STAMP  := $(VENV)/.stamp
IMAGE  := gen/dealtrail.binpb
LOCK   := uv pip compile --quiet --no-header --universal --python-version 3.11 --generate-hashes \
          --no-emit-index-url --no-emit-find-links
comma := ,
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
.DEFAULT_GOAL := help
.PHONY: help env proto up watch alerts demo test chaos chart audit lint types bench fuzz relock
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(STAMP) ## install the locked packages into .venv

$(STAMP): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Dealtrail needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --requirement requirements.txt
	printf '%s\n' $(CURDIR) $(CURDIR)/gen > "$$($(VENV)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/dealtrail.pth"
	printf '%s\n' '#!$(CURDIR)/$(VENV)/bin/python' 'from gateway.cli.__main__ import main' 'main()' > $(VENV)/bin/dealtrail
	chmod +x $(VENV)/bin/dealtrail
	touch $@

proto: $(STAMP) ## generate message classes and the descriptor image into gen/
	$(VENV)/bin/python -m deploy.local.protos

$(IMAGE): $(STAMP) deploy/local/protos.py $(shell find proto -name '*.proto')
	$(VENV)/bin/python -m deploy.local.protos

up: $(IMAGE) ## run Dealtrail on this machine: database, broker, services, gateway, demo
	@exec $(VENV)/bin/python -m deploy.local

watch: $(STAMP) ## tell which alerts go off here (HURRY=60: sixty times as fast)
	@exec $(VENV)/bin/python -m deploy.local.watch

alerts: $(IMAGE) ## cause every alert on real processes, see it go off and end (eight minutes)
	$(VENV)/bin/python -m pytest -m "slow or not slow" tests/e2e/test_alerts_go_off_and_end.py tests/e2e/test_alerts_of_load_go_off_and_end.py

demo: $(IMAGE) ## load the demo data into a Dealtrail that runs on this machine
	$(VENV)/bin/python -m deploy.local.demo

test: lint $(IMAGE) ## lint, types, then all tests
	$(VENV)/bin/python -m pytest -n 2 --dist loadfile

chaos: $(IMAGE) ## break everything under load, cell by cell: ONLY=cell,cell SEED=n
	$(VENV)/bin/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(subst $(comma), ,$(ONLY))

chart: $(IMAGE) ## upgrade under load as the chart does it, then sell in containers (ten minutes; PREVIOUS=commit)
	$(VENV)/bin/python -m pytest tests/chart/upgrade_under_load.py tests/chart/sale_in_containers.py

lint: $(IMAGE) ## style, import rules, contract rules, breaking changes, types
	ruff check
	ruff format --check
	lint-imports --no-logo
	$(VENV)/bin/python -m deploy.local.contract
	mypy

audit: $(STAMP) ## packages: pinned, hashed, free licences, no known holes (asks OSV; 3 if nobody answers)
	$(VENV)/bin/python -m deploy.local.dependencies

types: $(IMAGE) ## type check
	mypy

bench: $(IMAGE) ## measure against floors into bench-report/ (ONLY=P1,P3 measures these)
	$(VENV)/bin/python -m tests.bench --only "$(ONLY)"

fuzz: $(IMAGE) ## send what nobody should send to every door (SEED=… tries the same again)
	$(VENV)/bin/python -m tests.fuzz $(if $(SEED),--seed $(SEED))

relock: $(STAMP) ## write the locks anew from their .in files (needs uv)
	$(LOCK) --upgrade requirements.in --output-file requirements.txt
	for what in requirements build-requirements; do \
	  $(LOCK) --constraint requirements.txt deploy/$$what.in --output-file deploy/$$what.txt || exit; done
