// Package testkit is what the test kits of this module share: they find goroutines
// that outlive what has started them, keep a log that ends with the test, freeze
// processes, and record what a test reports, to test themselves.
package testkit
