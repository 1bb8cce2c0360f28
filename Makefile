# Everything runs in a virtual environment that `make setup` makes in .venv; nothing else on the machine changes,
# but for the Debian packages that `make test` installs where it may (tools/install-test-servers.sh).

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.complete
COMPILED := $(wildcard src/mailproof/parse/log/tally/compiled/*.p[xy][xd])

.DEFAULT_GOAL := help
.PHONY: help setup demo servers test test-all new-finding check docs samples corpus fuzz hostile bench clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) ## Make the virtual environment with mailproof and the tools of development

$(STAMP): pyproject.toml tools/make-venv.sh hatch_build.py $(COMPILED)
	@tools/make-venv.sh $(VENV)
	@touch $@

demo: $(STAMP) ## Start the embedded lab, check it, print the report
	@$(BIN)/mailproof demo

servers:
	@tools/install-test-servers.sh
	@tools/fetch-server-brands.sh $(VENV)/brands

# All three are run, whatever the others say, and pytest is last, by several processes (tests/conftest.py). A file's
# tests stay together and share what they set up.
define prove
	@status=0; \
	$(BIN)/ruff check || status=1; \
	$(BIN)/mypy || status=1; \
	$(BIN)/pytest -rs -n auto --dist loadfile $(1) || status=1; \
	exit $$status
endef

test: $(STAMP) servers ## Set-up, ruff, mypy and all tests but the long ones
	$(call prove,-m "not long")

test-all: $(STAMP) servers ## The same, and the long tests
	$(call prove)

new-finding: $(STAMP) ## Make the files of a finding: NAME=certificate-expired [SUBJECT=certificate] [HOLDS=certificate-dates]
	@$(BIN)/python tools/new_finding.py $(if $(NAME),$(NAME),--help) $(if $(SUBJECT),--subject $(SUBJECT)) $(if $(HOLDS),--holds $(HOLDS))

check: $(STAMP) ## ruff, its format and mypy: a few seconds, before every commit
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

docs: $(STAMP) ## Write the tables of docs/ that are made from the code and from what is kept
	@$(BIN)/python tools/findings_table.py
	@$(BIN)/python tools/log_messages_page.py
	@$(BIN)/python tools/corpus.py --pages
	@$(BIN)/python tools/articles_table.py
	@$(BIN)/python tools/readme_demo.py
	@$(BIN)/python tools/lint_sample.py
	@$(BIN)/python tools/postfix_samples.py
	@$(BIN)/python tools/man_pages.py

samples: $(STAMP) servers ## Run the commands by hand against a real server, and paste into their pages what they print
	@$(BIN)/python tools/hand_samples.py

corpus: $(STAMP) servers ## Run the broken servers of the corpus, and write down what the check names
	@$(BIN)/python tools/corpus.py
	@$(BIN)/python tools/findings_table.py

fuzz: $(STAMP) ## Fuzz every parser, guided by coverage, for SECONDS=120 in all; what is found is kept as tests
	@$(BIN)/python -c 'import atheris' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[fuzz]'
	@nice -n 19 $(BIN)/python tools/fuzz.py --seconds $(or $(SECONDS),120) $(if $(ONLY),--only $(ONLY))

hostile: $(STAMP) ## Check every hostile server with the real command, and write down what it took
	@$(BIN)/python tools/hostile_page.py

bench: $(STAMP) servers ## Compare its speed with that of named peers (ratios, on standard output only)
	@$(BIN)/python tools/bench.py

clean: ## Remove the virtual environment and all caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	rm -f src/mailproof/parse/log/tally/compiled/*.so
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
