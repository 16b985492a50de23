module github.com/wireframework/wireframework/layers/dashboard

go 1.26.0

require github.com/wireframework/wireframework v0.0.0

replace github.com/wireframework/wireframework => ../..
