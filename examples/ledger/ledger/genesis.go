package ledger

import "crypto/sha256"

const genesisTag = "ledger genesis 1\n"

// DigestOf identifies the accounts, in their order, that a ledger starts with.
func DigestOf(accounts []Account) Hash {
	b := appendNumber([]byte(genesisTag), int64(len(accounts)))
	for _, a := range accounts {
		b = appendText(b, string(a.ID))
		b = appendNumber(b, int64(a.Balance))
	}
	return sha256.Sum256(b)
}
