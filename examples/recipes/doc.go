// Package recipes holds the code that the README shows, so that it compiles and is
// tested.
package recipes
