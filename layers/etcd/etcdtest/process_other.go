//go:build !linux

package etcdtest

import "syscall"

// dieWithParent has nothing to offer here.
func dieWithParent() *syscall.SysProcAttr { return nil }
