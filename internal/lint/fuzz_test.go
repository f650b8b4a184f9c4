package lint_test

import (
	"encoding/json"
	"testing"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/nf"
)

// Any input gets a result, and no clause that was not read makes an error.
func FuzzJudge(f *testing.F) {
	for _, b := range bases() {
		for _, c := range b.build().items {
			f.Add(c.der(), newCA().der())
		}
	}
	for _, k := range cases() {
		w := k.from()
		k.bend(w)
		f.Add(w.items[0].der(), w.items[len(w.items)-1].der())
	}
	l, err := lint.New(lint.Options{Now: now, Request: inspect.ReadCSR(newCSR().der())})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		in := lint.Input{
			Items: []*inspect.Contents{inspect.ReadCertificate(a), inspect.ReadCertificate(b), inspect.ReadCSR(a), inspect.ReadCSR(b)},
			TLS:   &lint.TLS{ServerName: fqdn},
		}
		results := l.Judge(in)
		if len(results) != len(in.Items) {
			t.Fatalf("%d results for %d items", len(results), len(in.Items))
		}
		if _, err := json.Marshal(results); err != nil {
			t.Errorf("Marshal of the results = %v", err)
		}
		for _, r := range results {
			for _, finding := range r.Findings {
				if finding.Severity == inspect.Error && finding.Confidence == nf.Unverified {
					t.Errorf("%s is an error by a clause that was not read", finding.Rule)
				}
				if finding.Message == "" || finding.Clause == "" {
					t.Errorf("%s: message %q, clause %q, want both", finding.Rule, finding.Message, finding.Clause)
				}
			}
		}
	})
}
