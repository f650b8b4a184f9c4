package enroll_test

import (
	"errors"
	"testing"

	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
)

// Options that depend on the enrolment are filled in when it is loaded.
func TestComplete(t *testing.T) {
	b := newBench(t, lab.Options{})
	e := b.engine()
	o := enroll.CSROptions{Complete: func(en *enroll.Enrolment, o *enroll.CSROptions) error {
		if en.Name != "amf-01" || en.CSR != nil {
			t.Errorf("enrolment %q with CSR %v, want a new amf-01", en.Name, en.CSR)
		}
		o.Function = sample().Function
		return nil
	}}
	if _, _, err := e.CSR(t.Context(), "amf-01", o); err != nil {
		t.Fatal(err)
	}
	if _, err := b.all(t.Context(), e, "amf-01", enroll.FinalizeOptions{Roots: b.roots}); err != nil {
		t.Fatal(err)
	}
	no := errors.New("no")
	if _, err := e.Renew(t.Context(), "amf-01", enroll.RenewOptions{Complete: func(*enroll.Enrolment, *enroll.RenewOptions) error { return no }}); !errors.Is(err, no) {
		t.Errorf("Renew: %v, want the error of Complete", err)
	}
	confirm := func(c *enroll.Certificate) error {
		if c.Serial == "" {
			t.Error("asked about no certificate")
		}
		return no
	}
	if _, _, err := e.Revoke(t.Context(), "amf-01", enroll.RevokeOptions{Confirm: confirm}); !errors.Is(err, no) {
		t.Errorf("Revoke: %v, want the error of Confirm", err)
	}
	if got := b.count(lab.EndpointRevokeCert, 0); got != 0 {
		t.Errorf("%d revocations were asked for, want none", got)
	}
}
