module github.com/wireframework/wireframework/docs/errors

go 1.26.0

require (
	github.com/stretchr/testify v1.12.1
	github.com/wireframework/wireframework v0.0.0
	go.uber.org/dig v1.19.0
	go.uber.org/fx v1.24.0
)

require (
	go.uber.org/multierr v1.11.0 // indirect
	go.uber.org/zap v1.26.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sys v0.0.0-20220412211240-33da011f77ad // indirect
)

replace github.com/wireframework/wireframework => ../..
