package zlint

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fakes are companions that misbehave. This binary acts as one when it is called
// by its name.
var fakes = map[string]func(){
	"fake-good": func() {
		_ = Serve(os.Stdin, os.Stdout, Greeting{Zlint: "v0", Lints: 1}, func(der []byte) Answer {
			switch string(der) {
			case "dies":
				fmt.Fprintln(os.Stderr, "fatal error: stack overflow\n\ngoroutine 1")
				os.Exit(2)
			case "fault":
				return Answer{Fault: "no certificate"}
			case "hangs":
				_, _ = io.Copy(io.Discard, os.Stdin)
			case "env":
				return Answer{Fault: strings.Join(os.Environ(), " ")}
			}
			return Answer{Findings: []Finding{{Lint: string(der), Status: "warn", Source: "Community"}}}
		})
	},
	"fake-newer":  func() { fmt.Println(`{"protocol":7,"zlint":"v9.0.0"}`); _, _ = io.Copy(io.Discard, os.Stdin) },
	"fake-other":  func() { fmt.Println("usage: something else"); _, _ = io.Copy(io.Discard, os.Stdin) },
	"fake-exits":  func() { fmt.Fprintln(os.Stderr, "no such library"); os.Exit(3) },
	"fake-silent": func() { _, _ = io.Copy(io.Discard, os.Stdin) },
	"fake-endless": func() {
		w := bufio.NewWriter(os.Stdout)
		for {
			if _, err := w.WriteString("yyyyyyyyyyyyyyyy"); err != nil {
				return
			}
		}
	},
	"fake-garbage": func() {
		fmt.Println(`{"protocol":1,"zlint":"v0","lints":1}`)
		for {
			if _, err := readFrame(os.Stdin, nil); err != nil {
				return
			}
			fmt.Println("not JSON")
		}
	},
}

func TestMain(m *testing.M) {
	if fake, ok := fakes[filepath.Base(os.Args[0])]; ok {
		fake()
		return
	}
	os.Exit(m.Run())
}

// fake returns the path of a companion that misbehaves.
func fake(t *testing.T, name string) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.Symlink(exe, path); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	return path
}

func TestClient(t *testing.T) {
	t.Setenv("NFCERT_EAB_KEY", "a secret")
	c := &Client{Path: fake(t, "fake-good"), Timeout: 2 * time.Second}
	defer c.Close()
	for _, tt := range []struct {
		name, der string
		want      string // the lint that is found
		fault     string
	}{
		{"judged", "e_one", "e_one", ""},
		{"not judged", "fault", "", "no certificate"},
		{"it dies", "dies", "", `nfcert-zlint ended: exit status 2: "fatal error: stack overflow"`},
		{"and is started again", "e_two", "e_two", ""},
		{"too long", strings.Repeat("x", MaxCertificate+1), "", "the certificate has 1048577 bytes, want at most 1048576"},
		{"it sees nothing of our environment", "env", "", "GOTRACEBACK=none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := c.Lint(t.Context(), []byte(tt.der))
			var fault *FaultError
			switch {
			case tt.fault != "":
				if !errors.As(err, &fault) || fault.Reason != tt.fault {
					t.Errorf("Lint of %.20q: got %v, want the fault %q", tt.der, err, tt.fault)
				}
			case err != nil || len(got) != 1 || got[0].Lint != tt.want:
				t.Errorf("Lint of %.20q: got %v, %v, want %s", tt.der, got, err, tt.want)
			}
		})
	}
	if err := c.Close(); err != nil {
		t.Errorf("Close: got %v", err)
	}
}

func TestClientUnavailable(t *testing.T) {
	for _, tt := range []struct{ fake, want string }{
		{"fake-newer", "it speaks version 7 of the protocol, want 1"},
		{"fake-other", "it does not greet as nfcert-zlint does"},
		{"fake-exits", `nfcert-zlint ended: exit status 3: "no such library"`},
		{"fake-endless", "an answer of more than"},
		{"missing", "no such file"},
	} {
		t.Run(tt.fake, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), tt.fake)
			if fakes[tt.fake] != nil {
				path = fake(t, tt.fake)
			}
			c := &Client{Path: path}
			_, err := c.Lint(t.Context(), []byte("x"))
			var unavailable *UnavailableError
			if !errors.As(err, &unavailable) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Lint by %s: got %v, want an UnavailableError with %q", tt.fake, err, tt.want)
			}
		})
	}
}

// The client gives up on a companion that dies of every certificate: it does not
// start it 10,000 times.
func TestClientGivesUp(t *testing.T) {
	for _, tt := range []struct{ fake, der string }{{"fake-good", "dies"}, {"fake-garbage", "x"}, {"fake-good", "hangs"}} {
		t.Run(tt.fake+" "+tt.der, func(t *testing.T) {
			t.Parallel()
			c := &Client{Path: fake(t, tt.fake), Timeout: 100 * time.Millisecond}
			defer c.Close()
			var unavailable *UnavailableError
			tries := 1
			for ; tries < 10; tries++ {
				_, err := c.Lint(t.Context(), []byte(tt.der))
				if errors.As(err, &unavailable) {
					break
				}
				if fault := new(FaultError); !errors.As(err, &fault) {
					t.Fatalf("try %d: got %v, want a FaultError", tries, err)
				}
			}
			if tries != maxDeaths {
				t.Errorf("given up after %d tries, want %d", tries, maxDeaths)
			}
		})
	}
}

// The end of the context ends each wait, with the context's error.
func TestClientCancelled(t *testing.T) {
	for _, tt := range []struct{ fake, der string }{{"fake-good", "hangs"}, {"fake-silent", "x"}} {
		t.Run(tt.fake, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			c := &Client{Path: fake(t, tt.fake)}
			if _, err := c.Lint(ctx, []byte(tt.der)); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want the context's error", err)
			}
			if c.process != nil {
				t.Error("the process is still there")
			}
		})
	}
}
