//go:build race

package csrgen

// SealIterations is far less under the race detector, which is for tests alone
// and makes the loop take twenty times as long.
const SealIterations = 2000
