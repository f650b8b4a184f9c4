package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// helperEnv makes the test binary act as another process: "ROLE DIR".
const helperEnv = "STORE_TEST_HELPER"

func TestMain(m *testing.M) {
	if role, dir, ok := strings.Cut(os.Getenv(helperEnv), " "); ok {
		if err := help(role, dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// help acts in one role until it is killed.
func help(role, dir string) error {
	s, err := Open(dir)
	if err != nil {
		return err
	}
	switch role {
	case "lock":
		if _, err := s.Lock(context.Background(), "enrolments/amf-01"); err != nil {
			return err
		}
		fmt.Println("ready")
		<-time.After(time.Minute) // the test kills it long before, unless the test itself dies
		return errors.New("not killed")
	case "save":
		fmt.Println("ready")
		for i := 1; ; i++ {
			if err := s.Save("doc.json", filled(i)); err != nil {
				return err
			}
		}
	case "install":
		fmt.Println("ready")
		for i := 1; ; i++ {
			if err := Install(pair(dir, i), InstallOptions{Overwrite: true}); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("unknown role %q", role)
}

// startHelper starts another process in a role and returns when it is working.
// kill ends it as kill -9 does, and waits for it.
func startHelper(t *testing.T, role, dir string) (kill func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"="+role+" "+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting the helper: %v", err)
	}
	done := false
	kill = func() {
		if !done {
			done = true
			cmd.Process.Kill()
			cmd.Wait()
			cancel()
		}
	}
	t.Cleanup(kill)
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("helper said %q, %v, want ready", line, err)
	}
	return kill
}

// testDoc is a document of version 1.
type testDoc struct {
	Version int      `json:"version"`
	Number  int      `json:"number"`
	Filler  []string `json:"filler"`
}

func (testDoc) DocVersion() int { return 1 }

// filled returns a long document whose content fits its number.
func filled(n int) testDoc {
	doc := testDoc{Version: 1, Number: n, Filler: make([]string, 200)}
	for i := range doc.Filler {
		doc.Filler[i] = fmt.Sprintf("entry %d of document %d", i, n)
	}
	return doc
}

func (d testDoc) whole() bool {
	if len(d.Filler) != 200 {
		return false
	}
	for i, line := range d.Filler {
		if line != fmt.Sprintf("entry %d of document %d", i, d.Number) {
			return false
		}
	}
	return true
}

// pair returns two output files of generation n.
func pair(dir string, n int) []File {
	body := func(kind string) []byte { return []byte(strings.Repeat(fmt.Sprintf("%s %d\n", kind, n), 500)) }
	return []File{
		{Path: filepath.Join(dir, "cert.pem"), Data: body("cert"), Mode: 0o644},
		{Path: filepath.Join(dir, "key.pem"), Data: body("key")},
	}
}

func mustOpen(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatalf("Open(%q): %v", dir, err)
	}
	return s
}

// newStore returns a store in a directory that does not exist yet.
func newStore(t *testing.T) *Store {
	t.Helper()
	return mustOpen(t, filepath.Join(t.TempDir(), "state"))
}

// put writes a file without the store.
func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// tree returns the names of all files and directories below dir.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err == nil && path != dir {
			rel, _ := filepath.Rel(dir, path)
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return names
}

// attach writes rel as an attachment is written, without its document.
func attach(s *Store, rel string, data []byte) error {
	path, err := s.writable(rel)
	if err != nil {
		return err
	}
	return s.disk.writeFile(path, data, ordered)
}
