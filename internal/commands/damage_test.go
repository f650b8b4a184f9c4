package commands

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/lab"
)

// TestDamagedState guards that each saved file cut short, at many points, is
// told as local state with its path and left as it is, and never panics. What
// is only a cache is made anew.
func TestDamagedState(t *testing.T) {
	t.Parallel()
	w, _ := newLabWorld(t, lab.Options{})
	w.must(t, "enroll", "-n", "amf-01", "--nf", w.path("amf.yaml"))
	for _, tt := range []struct {
		file string // pattern under the state
		run  string // a command that needs the file and asks no server
		code string // of the error; "": it does without
	}{
		{"enrolments/amf-01/enrolment.json", "show -n amf-01", "damaged"},
		{"enrolments/amf-01/enrolment.json", "order -n amf-01", "damaged"},
		{"enrolments/amf-01/enrolment.json", "enroll -n amf-01", "damaged"},
		{"enrolments/amf-01/enrolment.json", "csr -n amf-01", "damaged"},
		{"accounts/*/default/account.json", "account", "damaged"},
		{"accounts/*/default/account.json", "account list", "damaged"},
		{"servers/*/server.json", "account", "damaged"},
		{"accounts/*/default/key.pem", "account", "key"},
		{"enrolments/amf-01/key.pem", "csr -n amf-01", "key"},
		{"enrolments/amf-01/request.pem", "csr -n amf-01", "key"},
		{"enrolments/amf-01/chain.pem", "finalize -n amf-01 --cert-out -", "key"},
		{"format", "show", "damaged"},
		{"enrolments/amf-01/trace.jsonl", "show trace -n amf-01", ""},
		{"servers/*/directory.json", "account", ""},
		{"accounts/*/default/nonce.json", "account", ""},
	} {
		t.Run(tt.file+" "+tt.run, func(t *testing.T) {
			found, err := filepath.Glob(w.path("state", filepath.FromSlash(tt.file)))
			if err != nil || len(found) != 1 {
				t.Fatalf("%s is %v (%v), want one file", tt.file, found, err)
			}
			whole, err := os.ReadFile(found[0])
			if err != nil {
				t.Fatal(err)
			}
			defer write(t, found[0], string(whole))
			// Without its last line break a document is whole, and so is PEM.
			end := len(bytes.TrimRight(whole, "\n"))
			for _, cut := range []int{0, 1, 2, end / 7, end / 5, end / 3, end / 2, end * 2 / 3, end * 6 / 7, end - 30, end - 2, end - 1} {
				cut = max(cut, 0)
				write(t, found[0], string(whole[:cut]))
				r := w.run(t.Context(), append(strings.Fields(tt.run), "-o", "json")...)
				if tt.code == "" {
					if r.code != report.ExitDone {
						t.Errorf("cut at %d: exit %d, want 0\n%s", cut, r.code, r.err)
					}
					continue
				}
				doc := r.report(t)
				if r.code != report.ExitState || string(doc.Code) != tt.code || doc.Fault != report.FaultState || !strings.Contains(doc.Message, filepath.Base(found[0])) || doc.Hint == "" {
					t.Errorf("cut at %d: exit %d, code %q, message %q; want 7, %q and the file's name", cut, r.code, doc.Code, doc.Message, tt.code)
				}
				if after, err := os.ReadFile(found[0]); err != nil || !bytes.Equal(after, whole[:cut]) {
					t.Errorf("cut at %d: the file was changed to %q (%v)", cut, after, err)
				}
			}
		})
	}
}

// TestServerSavedAgain guards that what a run which died while it saved the
// server has left is gone after the next.
func TestServerSavedAgain(t *testing.T) {
	t.Parallel()
	w, _ := newLabWorld(t, lab.Options{})
	w.must(t, "account")
	found, err := filepath.Glob(w.path("state", "servers", "*", "server.json"))
	if err != nil || len(found) != 1 {
		t.Fatalf("server.json is %v (%v), want one file", found, err)
	}
	dir := filepath.Dir(found[0])
	if err := os.Remove(found[0]); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, ".root.pem.1.tmp"), "left")
	write(t, filepath.Join(dir, ".server.json.2.tmp"), "left")
	w.must(t, "account", "update")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if want := []string{"directory.json", "root.pem", "server.json"}; !slices.Equal(names, want) {
		t.Errorf("files %q, want %q", names, want)
	}
}

// TestTraceGapsToldOnce guards that a trace that cannot be written costs one
// warning, not one for every exchange.
func TestTraceGapsToldOnce(t *testing.T) {
	t.Parallel()
	w, _ := newLabWorld(t, lab.Options{})
	w.must(t, "csr", "-n", "amf-01", "--nf", w.path("amf.yaml"))
	if err := os.Mkdir(w.path("state", "enrolments", "amf-01", "trace.jsonl"), 0o700); err != nil {
		t.Fatal(err)
	}
	r := w.must(t, "enroll", "-n", "amf-01")
	if got := strings.Count(r.err, "trace.jsonl"); got != 1 {
		t.Errorf("the trace is mentioned %d times, want once:\n%s", got, r.err)
	}
}
