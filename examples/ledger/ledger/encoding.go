package ledger

import (
	"encoding/binary"
	"time"
)

// The canonical encoding is what is hashed. Each encoding begins with its kind and
// version, numbers have eight bytes with the greatest first, and texts follow their
// length. So two different values never have the same encoding.
const (
	transferTag = "ledger transfer 1\n"
	headerTag   = "ledger header 1\n"
)

// encode returns the canonical encoding of the transfer.
func (t Transfer) encode() []byte {
	b := []byte(transferTag)
	b = appendText(b, t.Key)
	b = appendText(b, string(t.From))
	b = appendText(b, string(t.To))
	return appendNumber(b, int64(t.Amount))
}

// encode returns the canonical encoding of the header without its hash.
func (h Header) encode() []byte {
	b := []byte(headerTag)
	b = appendNumber(b, h.Height)
	b = append(b, h.Prev[:]...)
	b = appendNumber(b, h.Time.UnixMicro())
	b = appendNumber(b, h.Token)
	b = appendNumber(b, int64(h.Count))
	return append(b, h.Root[:]...)
}

func appendText(b []byte, s string) []byte {
	return append(appendNumber(b, int64(len(s))), s...)
}

func appendNumber(b []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(n))
}

// Instant returns the time as precisely as a ledger keeps it.
func Instant(t time.Time) time.Time { return time.UnixMicro(t.UnixMicro()).UTC() }
