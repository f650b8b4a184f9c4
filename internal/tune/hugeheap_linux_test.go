package tune

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"
)

func init() {
	children["allocate"] = func() error {
		Short()
		advised, all, err := advisedPieces(1 << 20)
		fmt.Print(advised, " ", all)
		return err
	}
}

// advisedPieces allocates so many bytes in pieces of 8 KB and counts those that
// lie in memory which the kernel marks hg, and all.
func advisedPieces(bytes int) (advised, all int, err error) {
	pieces := make([][]byte, bytes>>13)
	for i := range pieces {
		pieces[i] = make([]byte, 1<<13)
	}
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = f.Close() }()
	var from, to uintptr
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x ", &from, &to); err == nil {
			continue
		}
		if flags, ok := strings.CutPrefix(lines.Text(), "VmFlags:"); !ok || !strings.Contains(flags, " hg") {
			continue
		}
		for _, piece := range pieces {
			if at := uintptr(unsafe.Pointer(&piece[0])); from <= at && at < to {
				advised++
			}
		}
	}
	return advised, len(pieces), lines.Err()
}

func TestHugeHeap(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Log("this kernel has no huge pages to give: ", err)
		return
	}
	for _, test := range []struct {
		name, gogc string
		want       func(advised, all int) bool
	}{
		// A part still comes from what a processor had taken before.
		{"most new memory is advised", "", func(advised, all int) bool { return advised > all/2 }},
		{"a chosen GOGC holds", "100", func(advised, _ int) bool { return advised == 0 }},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := inChild(t, "allocate", "GOGC="+test.gogc)
			var advised, all int
			if _, err := fmt.Sscan(out, &advised, &all); err != nil {
				t.Fatalf("%q: %v", out, err)
			}
			if !test.want(advised, all) {
				t.Errorf("%d of %d pieces are advised to lie in huge pages", advised, all)
			}
		})
	}
}
