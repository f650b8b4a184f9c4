//go:build race

package csrgen

// SealIterations is much lower with the race detector, which is only for tests and
// makes the loop twenty times slower.
const SealIterations = 2000
