package lint_test

import (
	"bytes"
	"encoding/pem"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/nf"
)

var update = flag.Bool("update", false, "rewrite the fixtures in testdata")

// fixture compares a built file with the one in testdata, and returns the latter.
func fixture(t *testing.T, file string, built []byte) []byte {
	t.Helper()
	file = filepath.Join("testdata", file)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, built, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, built) {
		t.Errorf("%s is not what the builder makes; go test -update writes it", file)
	}
	return data
}

// read reads every block of a PEM file.
func read(t testing.TB, data []byte) (list []*inspect.Contents) {
	t.Helper()
	for {
		var block *pem.Block
		block, data = pem.Decode(data)
		switch {
		case block == nil:
			return list
		case block.Type == "CERTIFICATE":
			list = append(list, inspect.ReadCertificate(block.Bytes))
		default:
			list = append(list, inspect.ReadCSR(block.Bytes))
		}
	}
}

// judge gives the rules that report something about a file of a world, each once.
func judge(t *testing.T, w *world, data []byte) (found []string, messages string) {
	t.Helper()
	o := lint.Options{Now: w.now, Function: w.function, Selection: lint.Selection{Skip: w.skip}}
	if w.request != nil {
		o.Request = inspect.ReadCSR(w.request.der())
	}
	if w.profile != "" {
		o.Profile, _ = nf.LookupProfile(w.profile)
	}
	l, err := lint.New(o)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, result := range l.Judge(lint.Input{Items: read(t, data), TLS: w.tls}) {
		for _, f := range result.Findings {
			b.WriteString(result.Profile + ": " + f.Rule + ": " + f.Message + "\n")
			found = append(found, f.Rule)
		}
	}
	slices.Sort(found)
	return slices.Compact(found), b.String()
}

// No rule reports anything about a good file.
func TestGoodFixturesPass(t *testing.T) {
	for _, b := range bases() {
		t.Run(b.name, func(t *testing.T) {
			w := b.build()
			found, messages := judge(t, w, fixture(t, "good/"+b.name+".pem", pemOf(w.items)))
			want := []string(nil)
			if b.name == "three" {
				want = []string{"chain-direct"} // an intermediate is always reported
			}
			if diff := cmp.Diff(want, found); diff != "" {
				t.Errorf("rules (-want +got):\n%s%s", diff, messages)
			}
		})
	}
}

// Every rule has a file that breaks it, and no other rule that could be avoided.
func TestEveryRuleTripsAlone(t *testing.T) {
	tried := map[string]bool{}
	for _, k := range cases() {
		if tried[k.rule] {
			t.Errorf("rule %s has two cases", k.rule)
		}
		tried[k.rule] = true
		t.Run(k.rule, func(t *testing.T) {
			if (len(k.also) > 0) != (k.why != "") {
				t.Errorf("companions %q with the reason %q, want both or neither", k.also, k.why)
			}
			w := k.from()
			k.bend(w)
			found, messages := judge(t, w, fixture(t, "bad/"+k.rule+".pem", pemOf(w.items)))
			want := append([]string{k.rule}, k.also...)
			slices.Sort(want)
			if diff := cmp.Diff(want, found); diff != "" {
				t.Errorf("rules (-want +got):\n%s%s", diff, messages)
			}
		})
	}
	for _, r := range lint.Rules() {
		if !tried[r.ID] {
			t.Errorf("rule %s has no case, want one that breaks it", r.ID)
		}
	}
}

// The tables have every text that lint --explain prints, and no severity is
// higher than its clause gives.
func TestRuleTables(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range lint.Rules() {
		if seen[r.ID] {
			t.Errorf("rule %s appears twice", r.ID)
		}
		seen[r.ID] = true
		for what, text := range map[string]string{
			"field": string(r.Field), "clause": r.Clause, "title": r.Title, "why": r.Why, "fix": r.Fix, "good": r.Good, "bad": r.Bad,
		} {
			if text == "" {
				t.Errorf("rule %s has no %s", r.ID, what)
			}
		}
		switch {
		case r.Severity == inspect.Error && (r.Level != nf.Shall || !r.Confidence.Binds()):
			t.Errorf("rule %s is an error at level %s, %s", r.ID, r.Level, r.Confidence)
		case r.Severity != inspect.Error && r.Level == nf.Shall && r.Confidence.Binds() && r.Lenience == "":
			t.Errorf("rule %s is a %s at level shall, without a lenience", r.ID, r.Severity)
		case r.Level == nf.Shall && r.Confidence == nf.Unverified:
			t.Errorf("rule %s is a shall that nobody read", r.ID)
		case r.Level == nf.Advice && r.Severity == inspect.Error:
			t.Errorf("rule %s is advice and an error", r.ID)
		}
		if got, ok := lint.Lookup(r.ID); !ok || got.Title != r.Title {
			t.Errorf("Lookup(%q) = %q, %v, want the rule", r.ID, got.Title, ok)
		}
	}
}
