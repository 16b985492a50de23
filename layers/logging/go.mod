module github.com/wireframework/wireframework/layers/logging

go 1.26.0

require (
	github.com/creack/pty v1.1.24
	github.com/lmittmann/tint v1.2.1
	github.com/stretchr/testify v1.12.1
	github.com/wireframework/wireframework v0.0.0
	go.uber.org/goleak v1.3.0
	golang.org/x/term v0.47.0
)

require (
	go.uber.org/dig v1.19.0 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/wireframework/wireframework => ../..
