//go:build linux || darwin

package store

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fullEnv names the directory for TestFull in the process without room.
const fullEnv = "STORE_TEST_FULL"

// When the disk takes only part of a file, the old file stays, the part is
// removed, and the error says why. A limit on the size of files acts as the full
// disk; it applies to a whole process, so the test runs in a process of its own.
func TestFull(t *testing.T) {
	if dir := os.Getenv(fullEnv); dir != "" {
		testFull(t, dir)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFull$", "-test.v")
	cmd.Env = append(os.Environ(), fullEnv+"="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestFull") {
		t.Errorf("in a process without room: %v\n%s", err, out)
	}
}

func testFull(t *testing.T, dir string) {
	s := mustOpen(t, filepath.Join(dir, "state"))
	small := testDoc{Version: 1, Number: 7}
	out := filepath.Join(dir, "out.pem")
	if err := errors.Join(s.Save("doc.json", small), attach(s, "trace.jsonl", nil)); err != nil {
		t.Fatal(err)
	}
	put(t, out, "old")
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1024, Max: 1024}); err != nil {
		t.Fatal(err)
	}
	large := []byte(strings.Repeat("x", 5000))
	for name, err := range map[string]error{
		"Save":       s.Save("doc.json", filled(1)),
		"SaveCache":  s.SaveCache("doc.json", filled(1)),
		"Attachment": attach(s, "doc.json", large),
		"CreateKey":  s.CreateKey("key.pem", large),
		"Append":     s.Append("trace.jsonl", large, 0),
		"Install":    Install([]File{{Path: out, Data: large}}, InstallOptions{Overwrite: true}),
	} {
		var access *AccessError
		if !errors.As(err, &access) || !errors.Is(err, syscall.EFBIG) {
			t.Errorf("%s: %v, want an AccessError with EFBIG", name, err)
		}
	}
	var got testDoc
	if err := s.Load("doc.json", &got); err != nil || got.Number != small.Number {
		t.Errorf("Load: %v, document %d, want %d", err, got.Number, small.Number)
	}
	want := []string{"out.pem", "state", "state/doc.json", "state/format", "state/trace.jsonl"}
	if diff := cmp.Diff(tree(t, dir), want); diff != "" {
		t.Errorf("files, got -, want +:\n%s", diff)
	}
	if data, err := os.ReadFile(out); string(data) != "old" {
		t.Errorf("output file %q, %v, want the old one", data, err)
	}
}
