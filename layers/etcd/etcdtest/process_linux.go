package etcdtest

import "syscall"

// dieWithParent ends a process with the thread that has started it, so that it does not
// outlive a test that is killed.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
