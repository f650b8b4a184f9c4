//go:build !race

package csrgen

// SealIterations is the work of PBKDF2 for what is encrypted here: some tenths of
// a second.
const SealIterations = 600_000
