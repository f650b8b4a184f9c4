package lint_test

import (
	"encoding/pem"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/lint"
)

// certificate reads a PEM file of one certificate.
func certificate(t testing.TB, file string) *inspect.Contents {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		t.Fatalf("%s: no PEM block", file)
	}
	return inspect.ReadCertificate(block.Bytes)
}

// The sample certificate of RFC 9310 follows its profile, except that its UUID
// has version 1 and it has expired.
func TestRFC9310SamplePasses(t *testing.T) {
	for _, tt := range []struct {
		name string
		now  time.Time
		want []string
	}{
		{"while valid", time.Date(2023, 3, 1, 0, 0, 0, 0, time.UTC), []string{"warning san-nf-instance-id-v4"}},
		{"today", time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), []string{"warning validity-expired", "warning san-nf-instance-id-v4"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := lint.New(lint.Options{Now: tt.now})
			if err != nil {
				t.Fatal(err)
			}
			got := l.Judge(lint.Input{Items: []*inspect.Contents{certificate(t, "testdata/rfc9310-appendix-b.pem")}})[0]
			if got.Profile != "nf-tls-client" {
				t.Errorf("profile %q (%s), want nf-tls-client", got.Profile, got.Why)
			}
			var found []string
			for _, f := range got.Findings {
				found = append(found, string(f.Severity)+" "+f.Rule)
			}
			if diff := cmp.Diff(tt.want, found); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func BenchmarkLint(b *testing.B) {
	c := certificate(b, "testdata/rfc9310-appendix-b.pem")
	l, err := lint.New(lint.Options{})
	if err != nil {
		b.Fatal(err)
	}
	in := lint.Input{Items: []*inspect.Contents{c}}
	b.ReportAllocs()
	for b.Loop() {
		l.Judge(in)
	}
}

func BenchmarkReadAndLint(b *testing.B) {
	data, err := os.ReadFile("testdata/rfc9310-appendix-b.pem")
	if err != nil {
		b.Fatal(err)
	}
	block, _ := pem.Decode(data)
	l, err := lint.New(lint.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		l.Judge(lint.Input{Items: []*inspect.Contents{inspect.ReadCertificate(block.Bytes)}})
	}
}
