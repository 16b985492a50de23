// Package servicetest runs nodes, and parts of nodes, in tests.
package servicetest
