# Needs the Go toolchain alone; the linter is a tool of the module in tools.

LINTER = go tool -modfile=tools/go.mod golangci-lint

# The packages whose tests know the flag -update.
GOLDEN = $(shell grep -rl --include='*_test.go' '"update"' . | sed 's|/[^/]*$$||' | sort -u)

.PHONY: help build test race golden bench cover lint fmt tidy ci

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

ci: ## run what every change must pass
	bash .ci/run
