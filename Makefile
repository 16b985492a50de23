# Needs the Go toolchain alone; the linter is a tool of the module in tools.

LINTER = go tool -modfile=tools/go.mod golangci-lint

# The packages whose tests know the flag -update.
GOLDEN = $(shell grep -rl --include='*_test.go' '"update"' . | sed 's|/[^/]*$$||' | sort -u)

.PHONY: help build test race golden bench cover lint fmt tidy fuzz proofs mutate ci

help: ## list the targets (the default)
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## compile everything
	go build ./...

test: ## run all tests
	go test ./...

race: ## run all tests under the race detector
	go test -race ./...

golden: ## rewrite the golden files (read the difference before you commit it)
	go test $(or $(GOLDEN),$(error no test has the flag -update)) -update

bench: ## run the benchmarks, no tests
	go test -run '^$$' -bench . -benchmem ./...
	go -C bench test -run '^$$' -bench .

cover: ## show the coverage of each function, and the total
	go test -coverpkg ./... -coverprofile coverage.out ./...
	go tool cover -func coverage.out

lint: ## run the linter (the first run builds it, which takes a minute or two)
	$(LINTER) run

fmt: ## format the code and sort its imports
	$(LINTER) fmt

tidy: ## bring every go.mod and go.sum up to date
	go mod tidy
	go -C tools mod tidy

fuzz: ## fuzz what parses and renders, a minute for each target
	@for target in FuzzTags FuzzNames FuzzGraph; do go test ./wiring -run '^$$' -fuzz "^$$target$$" -fuzztime 1m || exit 1; done
	@for target in FuzzStacksLabel FuzzStacksText; do go test ./internal/supervise -run '^$$' -fuzz "^$$target$$" -fuzztime 1m || exit 1; done

proofs: ## run a million random schedules
	go test ./internal/proof -run TestSchedules -schedules=1000000 -timeout 0

mutate: ## break the code one change at a time, and list what no test notices (takes an hour)
	go -C tools run ./mutate -root .. -explained mutate/explained.txt \
		-tests './internal/supervise,./service;./internal/proof' internal/supervise
	go -C tools run ./mutate -root .. -explained mutate/explained.txt -tests './wiring;./service,./service/servicetest' wiring

ci: ## run what every change must pass
	bash .ci/run
