//go:build unix && !linux

package main

import "os/exec"

// endWithParent does nothing: only Linux can do that.
func endWithParent(*exec.Cmd) {}
