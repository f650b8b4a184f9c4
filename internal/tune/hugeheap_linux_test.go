package tune

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unsafe"
)

// TestMain is the test's own child where $NFCERT_TEST_SHORT is set: a process
// that was prepared, and says how much of what it then allocates is advised to
// lie in huge pages.
func TestMain(m *testing.M) {
	if os.Getenv("NFCERT_TEST_SHORT") == "" {
		os.Exit(m.Run())
	}
	Short()
	advised, all, err := advisedPages(1 << 20)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Print(advised, " ", all)
	os.Exit(0)
}

// advisedPages allocates so many bytes in pieces of 8 KB and counts those that
// lie in memory which the kernel marks hg, and all.
func advisedPages(bytes int) (advised, all int, err error) {
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
	for lines := bufio.NewScanner(f); lines.Scan(); {
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
	return advised, len(pieces), nil
}

func TestShort(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Log("this kernel has no huge pages to give: ", err)
		return
	}
	tests := []struct {
		name, gogc string
		want       func(advised, all int) bool
	}{
		// A part still comes from what a processor had taken before.
		{"most new memory is advised", "", func(advised, all int) bool { return advised > all/2 }},
		{"a chosen GOGC is left alone", "100", func(advised, _ int) bool { return advised == 0 }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "NFCERT_TEST_SHORT=1", "GOGC="+test.gogc)
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			var advised, all int
			if _, err := fmt.Sscan(string(out), &advised, &all); err != nil {
				t.Fatalf("%q: %v", out, err)
			}
			if !test.want(advised, all) {
				t.Errorf("%d of %d pieces are advised to lie in huge pages", advised, all)
			}
		})
	}
}
