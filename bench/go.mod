module github.com/wireframework/wireframework/bench

go 1.26.0

require (
	github.com/wireframework/wireframework v0.0.0
	golang.org/x/sync v0.24.0
)

require (
	go.uber.org/dig v1.19.0 // indirect
	go.uber.org/multierr v1.11.0 // indirect
)

replace github.com/wireframework/wireframework => ../
