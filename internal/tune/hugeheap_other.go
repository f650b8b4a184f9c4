//go:build !linux

package tune

func hugeHeap() {}
