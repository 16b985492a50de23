package pgtest

import "syscall"

// endWithParent ends a server whose test was killed: its disks are those of a test, so a
// quick end is best.
func endWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGQUIT }
