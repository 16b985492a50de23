# Needs the Go toolchain alone; the linter is a tool of the module in tools.

LINTER = GOWORK=off go tool -modfile=$(CURDIR)/tools/go.mod golangci-lint

# The modules with code: those that go.work joins, and the benchmarks.
MODULES = $(shell find . -name go.mod -not -path './tools/*' | sed 's|/go\.mod$$||' | sort)

# The packages whose tests know the flag -update.
GOLDEN = $(shell grep -rl --include='*_test.go' '"update"' . | sed 's|/[^/]*$$||' | sort -u)

.PHONY: help build test race golden bench bench-quick errors cover lint fmt tidy fuzz proofs mutate ci

help: ## list the targets (the default)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## compile everything
	go build work

test: ## run all tests
	go test work

race: ## run all tests under the race detector
	go test -race work

golden: ## rewrite the golden files (read the difference before you commit it)
	go test $(or $(GOLDEN),$(error no test has the flag -update)) -update

bench: ## compare with peers and with the physical limit (under ten minutes)
	GOWORK=off go -C bench run ./runner -charts ../docs

bench-quick: ## the same in under a minute: one round, sizes up to 10 000
	GOWORK=off go -C bench run ./runner -quick

errors: ## rewrite docs/errors.md, which shows our errors beside those of fx and dig
	GOWORK=off go -C docs/errors run . > docs/errors.new && mv docs/errors.new docs/errors.md

cover: ## show the coverage of each function, and the total
	go test -coverpkg ./... -coverprofile coverage.out ./...
	go tool cover -func coverage.out

lint: ## run the linter (the first run builds it, which takes a minute or two)
	@for dir in $(MODULES); do (cd $$dir && $(LINTER) run) || exit 1; done

fmt: ## format the code and sort its imports
	@for dir in $(MODULES); do (cd $$dir && $(LINTER) fmt) || exit 1; done

tidy: ## bring every go.mod and go.sum up to date
	@for dir in $(MODULES) tools; do GOWORK=off go -C $$dir mod tidy || exit 1; done

fuzz: ## fuzz what parses and renders, a minute for each target
	@for target in FuzzTags FuzzNames FuzzGraph; do go test ./wiring -run '^$$' -fuzz "^$$target$$" -fuzztime 1m || exit 1; done
	@for target in FuzzLabel FuzzBlock; do go test ./internal/goroutine -run '^$$' -fuzz "^$$target$$" -fuzztime 1m || exit 1; done

proofs: ## run a million random schedules
	go test ./internal/proof -run TestSchedules -schedules=1000000 -timeout 0

mutate: ## break the code one change at a time, and list what no test notices (takes hours)
	GOWORK=off go -C tools run ./mutate -root .. -explained mutate/explained.txt \
		-tests './internal/supervise,./service;./internal/proof' internal/supervise
	GOWORK=off go -C tools run ./mutate -root .. -explained mutate/explained.txt -tests './wiring;./service,./service/servicetest' wiring

ci: ## run what every change must pass
	bash .ci/run
