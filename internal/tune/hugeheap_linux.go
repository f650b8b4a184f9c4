package tune

import (
	"runtime"
	"syscall"
	"unsafe"
)

const (
	// The heap grows by so much at a time (runtime.pallocChunkBytes), at
	// addresses that are multiples of it.
	heapChunk = 4 << 20
	// Allocations of this size come from the heap itself, not from what each
	// processor keeps (runtime.pageCache).
	fromHeap = 128 << 10
	// Which syscall does not have.
	madvHugepage = 14
)

// hugeHeap has what is allocated from now on lie in huge pages, where the
// system has any. A page fault costs up to 15 µs on a virtual machine, and an
// enrolment touches 400 new pages; two huge ones cost 130 µs each.
//
// The rest of the chunk that is in use is filled with what nobody touches, so
// that the next allocation begins a new one, and this one is advised before
// its first page is touched: a page alone would keep the huge one away. Should
// the runtime lay memory out otherwise, nothing is gained and nothing is lost.
func hugeHeap() {
	first := make([]byte, fromHeap)
	chunk := (end(first) + heapChunk - 1) &^ (heapChunk - 1)
	rest := make([]byte, chunk-end(first))
	next := make([]byte, fromHeap)
	if end(next) == chunk+fromHeap {
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, chunk, heapChunk, madvHugepage)
	}
	runtime.KeepAlive(first)
	runtime.KeepAlive(rest)
}

func end(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) + uintptr(len(b)) }
