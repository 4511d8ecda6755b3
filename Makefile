# The commands of the project. Each installs what it needs; npm, make and a shell have to be there, the rest is fetched.
SHELL := bash
.DELETE_ON_ERROR:
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

# Node's own sources of noise; everything else stays visible.
export NODE_OPTIONS := --disable-warning=ExperimentalWarning

.PHONY: demo test check lint types unit golden simulation integration e2e bench sim generate image clean help

help:                      ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 14

node_modules/.installed: package.json package-lock.json .npmrc
	npm ci --loglevel=error
	@touch $@

demo: node_modules/.installed   ## live results on this machine: Kafka, the operator's core, workers, a clickstream (DURATION=60s ends by itself)
	@exec node test/demo/demo.ts $(if $(DURATION),--duration $(DURATION))

check: node_modules/.installed  ## lint, format, types, imports, generated files, unit tests: under two minutes
	@exec node test/run.ts lint types unit

test: node_modules/.installed   ## everything, ends with a line "N passed, N failed"
	@exec node test/run.ts lint types unit golden simulation integration e2e

e2e: node_modules/.installed    ## on a real cluster: KUBECONFIG's, kind's, or one made here from plain binaries
	@exec node test/run.ts e2e

integration: node_modules/.installed ## against a real Kafka and a real S3 server
	@exec node test/run.ts integration

bench: node_modules/.installed  ## figures against Flink and Kafka Streams
	@echo "make bench comes with the window engine: see the open issues"; exit 1

sim: node_modules/.installed    ## the deterministic simulator
	@echo "make sim comes with the fault work: see the open issues"; exit 1

generate: node_modules/.installed ## CRD and reference page from the schema
	node crds/generate.ts

image: node_modules/.installed  ## the container image, without Docker, as a tar file
	node test/harness/build-image.ts

clean:                     ## removes what the other targets left in this folder
	rm -rf node_modules coverage
