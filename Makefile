# Meridian. `make demo` and `make test` set themselves up; everything else is here to be read.
SYSTEM_PATH := $(PATH)
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
SETUP := .stamp/setup

CONSOLE := packages/console/dist/manifest.json

.PHONY: demo test check console prove bench bench-setup setup clean help

demo: $(SETUP) $(CONSOLE) ## Two recorded New York sessions, from first order to mailed report
	@node packages/server/bin/meridian.mjs up --demo

test: $(SETUP) $(CONSOLE) ## Types, lint and every test; ends with the count
	@tsc --noEmit -p tsconfig.json
	@tsc --noEmit -p packages/console/tsconfig.json
	@biome check --error-on-warnings .
	@node tools/test.ts

check: $(SETUP) ## Types and lint only
	@tsc --noEmit -p tsconfig.json
	@tsc --noEmit -p packages/console/tsconfig.json
	@biome check --error-on-warnings .

console: $(SETUP) $(CONSOLE) ## Builds the web application where its sources changed

$(CONSOLE): $(SETUP) $(shell find packages/console packages/base/src packages/api/src -type f -not -path '*/dist/*' -not -path '*/dev/*')
	@cd packages/console && vite build --logLevel warn

prove: $(SETUP) ## The slow proofs: chaos with kill -9, long simulations
	@node tools/prove.ts

bench: $(SETUP) ## Figures side by side with their peers
	@node tools/bench.ts

bench-setup: ## Installs the benchmark's peers (Debian)
	apt-get update -q && apt-get install -y --no-install-recommends gcc g++ libquickfix-dev postgresql

setup: $(SETUP) ## Installs the pinned dependencies

# npm runs under the machine's own Node: it replaces the one in node_modules.
$(SETUP): package-lock.json
	@node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' || (echo "Node 20 or newer is needed" >&2; exit 1)
	PATH="$(SYSTEM_PATH)" npm ci --ignore-scripts
	@mkdir -p .stamp && touch $@

clean: ## Removes what set-up and runs left behind
	rm -rf .stamp node_modules .meridian bench/out packages/console/dist

help: ## This list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/'
