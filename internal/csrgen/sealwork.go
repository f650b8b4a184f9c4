//go:build !race

package csrgen

// SealIterations is the number of PBKDF2 iterations of SealKey, which take some
// tenths of a second.
const SealIterations = 600_000
