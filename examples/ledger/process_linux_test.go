package main

import (
	"os/exec"
	"syscall"
)

// endWithParent ends a node whose test was killed.
func endWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
