package enroll_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/store"
)

// labEnv makes the test binary be a lab, so that what a lab remembers is not
// counted as the client's: its value is the port of http-01.
const labEnv = "ENROLL_TEST_LAB"

func TestMain(m *testing.M) {
	if port := os.Getenv(labEnv); port != "" {
		if err := beLab(port); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// elsewhere is a lab in another process.
type elsewhere struct {
	Directory, Authority  string
	TLSRoot, IssuerRoot   []byte
	ClientCert, ClientKey []byte // that its Token Authority knows
	http01                net.Listener
}

// beLab says where it is and serves until its stdin ends.
func beLab(port string) error {
	var o lab.Options
	if _, err := fmt.Sscan(port, &o.HTTPPort); err != nil {
		return err
	}
	l, err := lab.Start(context.Background(), o)
	if err != nil {
		return err
	}
	here := elsewhere{Directory: l.DirectoryURL(), Authority: l.TokenAuthorityURL(), TLSRoot: l.TLSRootPEM(), IssuerRoot: l.IssuerRootPEM()}
	if here.ClientCert, here.ClientKey, err = l.IssueClient("amf"); err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(here); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return l.Close()
}

func labElsewhere(t testing.TB) *elsewhere {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), labEnv+"="+port), os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // it ends now
		if err := cmd.Wait(); err != nil {
			t.Errorf("the lab's process: %v", err)
		}
	})
	l := &elsewhere{http01: ln}
	if err := json.NewDecoder(stdout).Decode(l); err != nil {
		t.Fatal(err)
	}
	return l
}

// sequence enrols many NFs one after the other, with one engine.
type sequence struct {
	engine   *enroll.Engine
	finalize enroll.FinalizeOptions
	done     int
}

func newSequence(t testing.TB) *sequence {
	t.Helper()
	l := labElsewhere(t)
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	tls := x509.NewCertPool()
	tls.AppendCertsFromPEM(l.TLSRoot)
	roots, err := enroll.ParseCertificates(l.IssuerRoot)
	if err != nil {
		t.Fatal(err)
	}
	listener := challenge.NewListenerOn(l.http01)
	t.Cleanup(func() { _ = listener.Close() })
	return &sequence{
		engine: &enroll.Engine{
			Store:   s,
			CA:      acmewire.New(acmewire.Config{DirectoryURL: l.Directory, Roots: tls}),
			Solvers: []challenge.Solver{listener, tokensOf(t, l.Authority, l.TLSRoot, l.ClientCert, l.ClientKey)},
			Poll:    enroll.Poll{Max: 50 * time.Millisecond},
		},
		finalize: enroll.FinalizeOptions{Roots: roots},
	}
}

// next enrols n NFs, each with names of both kinds.
func (s *sequence) next(t testing.TB, n int) {
	t.Helper()
	for range n {
		s.done++
		csr := sample()
		_, _, err := s.engine.Enroll(t.Context(), fmt.Sprintf("amf-%05d", s.done), enroll.Options{
			Account: enroll.AccountOptions{TermsAgreed: true}, CSR: csr, Order: enroll.OrderOptions{Kinds: enroll.KindsBoth}, Finalize: s.finalize,
		})
		if err != nil {
			t.Fatalf("enrolment %d: %v", s.done, err)
		}
	}
}

// heap is what is in use after everything unused is gone.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what finalizers let go of
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Enrolments leave nothing behind in the process: the heap after many is that
// after few. One enrolment's documents alone have some 20 KiB, so a leak of one
// thing each would show.
func TestMemoryFlat(t *testing.T) {
	const warm, more, limit = 10, 40, 256 << 10
	s := newSequence(t)
	s.next(t, warm)
	before := heap()
	s.next(t, more)
	if grown := heap() - before; grown > limit {
		t.Errorf("the heap grew by %d KiB in %d enrolments, want %d KiB at most", grown>>10, more, limit>>10)
	}
}

// BenchmarkSequential is one enrolment with both kinds of names, in a process
// that goes on. It reports the heap at the end and its growth since the tenth;
// docs/performance.md has the numbers of a thousand.
func BenchmarkSequential(b *testing.B) {
	s := newSequence(b)
	s.next(b, 10)
	before := heap()
	b.ResetTimer()
	s.next(b, b.N)
	b.StopTimer()
	after := heap()
	b.ReportMetric(float64(before)/1024, "KiB-heap-before")
	b.ReportMetric(float64(after)/1024, "KiB-heap-after")
	if rss, ok := peak(); ok {
		b.ReportMetric(rss, "MiB-max-rss")
	}
}

// peak is the most memory that this process had resident, where the system says.
func peak() (mib float64, ok bool) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	_, after, ok := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(after, &mib); err != nil {
		return 0, false
	}
	return mib / 1024, ok
}
