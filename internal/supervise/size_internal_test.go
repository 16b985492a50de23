package supervise

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
)

// A task that waits for the gate is this and what the service knows of it.
func TestARecordIsSmall(t *testing.T) {
	assert.LessOrEqual(t, unsafe.Sizeof(record{}), uintptr(64))
}
