//go:build unix

package testkit

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

// Freeze stops a process, as a machine that is paused stops it, and returns when every
// thread of it has stopped: the signal only asks for it. Where there is no /proc, it
// trusts in a moment. SIGCONT lets the process go on.
func Freeze(t testing.TB, p *os.Process) {
	t.Helper()
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		t.Fatalf("freeze process %d: %v", p.Pid, err)
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		stats, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", p.Pid))
		if err != nil || len(stats) == 0 {
			time.Sleep(50 * time.Millisecond)
			return
		}
		if !slices.ContainsFunc(stats, isRunning) {
			return
		}
	}
	t.Fatalf("process %d has not stopped 10s after SIGSTOP", p.Pid)
}

// isRunning reports whether a thread has not stopped; its state stands behind its name,
// which is in parentheses and may hold some.
func isRunning(stat string) bool {
	text, err := os.ReadFile(stat)
	if err != nil {
		return false // the thread has ended
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	return len(fields) > 0 && string(fields[0]) != "T"
}
