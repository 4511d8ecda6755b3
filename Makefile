# The commands of the project. Each installs what it needs; npm, make and a shell have to be there, the rest is fetched.
SHELL := bash
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

# Node's own sources of noise (type stripping; a timer of kafkajs); everything else stays visible.
QUIET := NODE_OPTIONS="--disable-warning=ExperimentalWarning --disable-warning=TimeoutNegativeWarning"

.PHONY: help install demo check test integration e2e bench sim generate image clean

help:                 ## this list
	@sed -nE 's/^([a-z0-9]+):[^#]*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

install:              ## the packages of the lock file, when they are not there already
	@node test/harness/setup.mjs

demo: install         ## live results on this machine: Kafka, the operator's core, workers, a clickstream (DURATION=60s ends by itself)
	@$(QUIET) exec node test/demo/demo.ts $(if $(DURATION),--duration $(DURATION))

check: install        ## lint, format, types, imports, generated files, unit tests, goldens: under two minutes
	@$(QUIET) exec node test/run.ts lint types unit golden

test: install         ## everything; ends with a line "N passed, N failed"
	@node test/harness/prepare.ts integration e2e
	@$(QUIET) exec node test/run.ts lint types unit golden integration e2e

integration: install  ## against a real Kafka and a real S3 server
	@node test/harness/prepare.ts integration
	@$(QUIET) exec node test/run.ts integration

e2e: install          ## on a real cluster: KUBECONFIG's, kind's, or one made here from plain binaries
	@node test/harness/prepare.ts e2e
	@$(QUIET) exec node test/run.ts e2e

bench: install        ## the race against Flink and Kafka Streams (CASES=sliding,session ROUNDS=3; QUICK=1: our side alone, under two minutes)
	@$(QUIET) exec node bench/main.ts --case "$(CASES)" --system "$(SYSTEMS)" --rounds $(or $(ROUNDS),1) $(if $(filter-out 0,$(QUICK)),--quick)

sim: install          ## the deterministic simulator
	@echo "make sim comes with the work on faults"; exit 1

generate: install     ## CRD and reference page from the schema
	@node crds/generate.ts

image: install        ## the container image as a tar file, without Docker
	@node test/harness/build-image.ts

clean:                ## removes what the other targets leave in this folder
	rm -rf node_modules coverage .streamjob
