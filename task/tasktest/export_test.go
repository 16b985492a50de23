package tasktest

import "time"

// SetPatience shortens the wait for a check that hangs in its bubble.
func SetPatience(d time.Duration) { patience = d }
