// Package config has a type whose short name is that of another package too.
package config

// Config configures b.
type Config struct{ Name string }
