package interop_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nfcert/nfcert/interop/realca"
)

// renewals is what is read of a Renewals document.
type renewals struct {
	Renewals []struct {
		Name        string    `json:"name"`
		Due         bool      `json:"due"`
		DueAt       time.Time `json:"dueAt"`
		Because     string    `json:"because"`
		NotAfter    time.Time `json:"notAfter"`
		Result      string    `json:"result"`
		RenewalInfo struct {
			Start time.Time `json:"start"`
			End   time.Time `json:"end"`
		} `json:"renewalInfo"`
	} `json:"renewals"`
}

// Pebble says when it wants a certificate renewed (RFC 9773), takes the order
// that replaces it, and refuses to have it replaced twice.
func TestPebbleRenews(t *testing.T) {
	t.Parallel()
	ca := startPebble(t, realca.PebbleOptions{Strict: true})
	b := pebbleBench(t, ca)
	first := b.judgeCertificate(b.oneShot(nil))

	stdout, _ := b.exec(0, "renew", "--due", "--dry-run")
	judged := decode[renewals](t, "Renewals", stdout).Renewals
	if len(judged) != 1 || judged[0].Because != "ca" || judged[0].Due || judged[0].Result != "not due" {
		t.Fatalf("judged %+v, want one that the CA says is not due", judged)
	}
	if w, at := judged[0].RenewalInfo, judged[0].DueAt; at.Before(w.Start) || at.After(w.End) || !w.End.Before(judged[0].NotAfter) {
		t.Errorf("due at %s, want it in the window %s to %s, and that before %s", at, w.Start, w.End, judged[0].NotAfter)
	}
	b.exec(0, append([]string{"renew", "--due", "--at", "1e-12"}, b.answering()...)...)
	d := b.run("show", "-n", "amf-01")
	second := b.judgeCertificate(d)
	if second.SerialNumber.Cmp(first.SerialNumber) == 0 || slices.Equal(second.RawSubjectPublicKeyInfo, first.RawSubjectPublicKeyInfo) {
		t.Error("certificate or key are the first ones")
	}
	if !strings.HasPrefix(d.Certificate.Files.Key, b.path("out")) {
		t.Errorf("the key is at %s, want it where the first one was", d.Certificate.Files.Key)
	}
	trace, _ := b.exec(0, "show", "trace", "-n", "amf-01")
	if !strings.Contains(string(trace), `"replaces"`) {
		t.Error("no order said what it replaces")
	}

	// A renewal that is given up has marked the certificate as replaced.
	hidden := append([]string{"renew", "-n", "amf-01", "--issuer-root", ca.TLSRoot}, b.answering()...)
	if f := b.refused(8, hidden...); f.Code != "certificate" {
		t.Errorf("with the wrong root: %+v, want the certificate refused", f)
	}
	if kept := b.judgeCertificate(b.run("show", "-n", "amf-01")); kept.SerialNumber.Cmp(second.SerialNumber) != 0 {
		t.Errorf("installed is %x, want the second %x still", kept.SerialNumber, second.SerialNumber)
	}
	d = b.run(append([]string{"renew", "-n", "amf-01", "--anew", "--issuer-root", b.issuerRoot}, b.answering()...)...)
	b.judgeCertificate(d)
}

// Pebble revokes for the account and for who has the key, and says when it was
// done before.
func TestPebbleRevokes(t *testing.T) {
	t.Parallel()
	b := pebbleBench(t, startPebble(t, realca.PebbleOptions{Strict: true}))
	files := b.oneShot(nil).Certificate.Files
	b.exec(0, "revoke", "-n", "amf-01", "--reason", "keyCompromise", "--yes")
	b.exec(0, append([]string{"renew", "-n", "amf-01"}, b.answering()...)...)

	// By key, without the account: from another state.
	other := *b
	other.env = append(slices.Clone(b.env), "NFCERT_STATE="+b.path("other"))
	byKey := []string{"revoke", files.Cert, "--by", "certificate-key", "--key-in", files.Key, "--reason", "superseded", "--yes"}
	stdout, _ := other.exec(0, byKey...)
	if got := string(stdout); !strings.Contains(got, `"reason": "superseded"`) || strings.Contains(got, "unchanged") {
		t.Errorf("by the key: %s, want it revoked", got)
	}
	if stdout, _ = other.exec(0, byKey...); !strings.Contains(string(stdout), `"unchanged": true`) {
		t.Errorf("again: %s, want it unchanged", stdout)
	}
}
