package commands

import (
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/lab"
)

// TestSteps guards that a step on a terminal prints what it changed and what comes
// next, not what earlier steps did; and that a pipe still gets everything.
func TestSteps(t *testing.T) {
	t.Parallel()
	w, _ := newLabWorld(t, lab.Options{})
	w.streams.OutTTY, w.streams.ErrTTY, w.streams.Dumb = true, true, true
	w.must(t, "account")
	for _, tt := range []struct {
		args       []string
		keys, next string
	}{
		{[]string{"csr", "--nf", w.path("amf.yaml")}, "name, nf, fqdn, profile, key, csr", "nfcert order -n amf-01"},
		{[]string{"order", "--no-solve"}, "name, order, status, identifier, challenge, publish at, publish", "nfcert order solve -n amf-01"},
		{[]string{"order"}, "name, order, status, identifier", "nfcert finalize -n amf-01"},
		{[]string{"finalize"}, "name, serial, issuer, not before, not after, chain, fullchain file, key file", "nfcert show cert -n amf-01"},
		{[]string{"enroll"}, "name, serial, issuer, not before, not after, chain, fullchain file, key file", "nfcert show cert -n amf-01"},
		{[]string{"renew"}, "name, serial, issuer, not before, not after, chain, fullchain file, key file", "nfcert show cert -n amf-01"},
		{[]string{"revoke", "--yes"}, "name, serial, issuer, revoked, reason", "nfcert renew -n amf-01"},
	} {
		args := append(tt.args, "-n", "amf-01")
		r := w.must(t, args...)
		var keys []string
		for line := range strings.Lines(r.out) {
			if key, _, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, " ") {
				keys = append(keys, key)
			}
		}
		if got := strings.Join(keys, ", "); got != tt.keys {
			t.Errorf("nfcert %v: got %s, want %s\n%s", args, got, tt.keys, r.out)
		}
		if !strings.HasSuffix(r.err, "next: "+tt.next+"\n") {
			t.Errorf("nfcert %v: got %q, want next: %s at its end", args, r.err, tt.next)
		}
	}
	w.streams.OutTTY = false
	step, show := w.must(t, "csr", "-n", "amf-01").out, w.must(t, "show", "-n", "amf-01").out
	if step != show || !strings.Contains(step, "server\t") || !strings.Contains(step, "serial\t") {
		t.Errorf("csr in a pipe: got\n%s\nwant what show prints\n%s", step, show)
	}
}

// TestOnlyEnrolment guards that a step without a name takes the only enrolment and
// says which, once; a program gets no word of it on stderr.
func TestOnlyEnrolment(t *testing.T) {
	t.Parallel()
	w, _ := newLabWorld(t, lab.Options{})
	w.must(t, "account")
	w.must(t, "csr", "-n", "amf-01", "--nf", w.path("amf.yaml"))
	if r := w.must(t, "order"); strings.Count(r.err, "enrolment amf-01\n") != 1 {
		t.Errorf("got %q, want enrolment amf-01 once", r.err)
	}
	if r := w.must(t, "order", "-o", "json"); r.err != "" {
		t.Errorf("with -o json: got %q, want nothing", r.err)
	}
	if r := w.must(t, "finalize", "-n", "amf-01"); strings.Contains(r.err, "enrolment amf-01\n") {
		t.Errorf("with -n: got %q, want no note", r.err)
	}
}
