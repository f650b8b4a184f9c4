package interop_test

import (
	"slices"
	"strings"
	"testing"
)

// step-ca refuses URI names in a dns order and says no more than "malformed"
// or "bad CSR"; nfcert must say that they are the cause. The command that it
// names next mends it, and the same order then goes through.
func TestStepCARefusesURINames(t *testing.T) {
	b := stepCABench(t, startStepCA(t))
	b.exec(0, "account", "--accept-tos")
	b.run(append([]string{"csr", "-n", "amf-01"}, sampleNF()...)...)
	ordered := b.run(append([]string{"order", "-n", "amf-01"}, b.answering()...)...)
	finalize := append([]string{"finalize", "-n", "amf-01"}, b.saving()...)

	f := b.refused(4, finalize...)
	if f.Fault != "ca" || !strings.HasSuffix(f.Problem.Type, ":badCSR") {
		t.Errorf("finalize: %+v, want fault ca and problem badCSR", f)
	}
	if !strings.Contains(f.Hint, sampleURI) || !strings.Contains(f.Hint, "URI names") {
		t.Errorf("finalize: hint %q, want the URI name %s named as the cause", f.Hint, sampleURI)
	}
	if want := "nfcert csr -n amf-01 --omit uri"; f.Next != want {
		t.Fatalf("finalize: next %q, want %q", f.Next, want)
	}

	b.run(strings.Fields(f.Next)[1:]...)
	d := b.run(finalize...)
	if d.Order.URL != ordered.Order.URL {
		t.Errorf("the order is %s, want the same as before, %s", d.Order.URL, ordered.Order.URL)
	}
	b.judgeCertificate(d)
	b.wantDifferences(d, changedByStepCA()...)
}

// The one-shot is refused for the same reason, and goes on with the order of
// the run that failed.
func TestStepCAOneShotGoesOnWithoutURINames(t *testing.T) {
	b := stepCABench(t, startStepCA(t))
	enroll := slices.Concat([]string{"enroll", "-n", "amf-01", "--accept-tos"}, sampleNF(), b.answering(), b.saving())
	if f := b.refused(4, enroll...); !strings.Contains(f.Hint, sampleURI) {
		t.Errorf("enroll: hint %q, want the URI name %s named as the cause", f.Hint, sampleURI)
	}
	d := b.run(append(enroll, "--omit", "uri")...)
	b.judgeCertificate(d)
	b.wantDifferences(d, changedByStepCA()...)
}

func TestStepCAOneShot(t *testing.T) {
	b := stepCABench(t, startStepCA(t))
	d := b.run(slices.Concat([]string{"enroll", "-n", "amf-01", "--accept-tos", "--omit", "uri"}, sampleNF(), b.answering(), b.saving())...)
	b.judgeCertificate(d)
	b.wantDifferences(d, changedByStepCA()...)
}

// changedByStepCA are the fields that step-ca issues otherwise than the
// profile without URI names asks for: it sets both extended key usages itself,
// and adds an extension that names its provisioner.
func changedByStepCA() []string {
	return []string{"extensions.1.3.6.1.4.1.37476.9000.64.1", "nfTypes", "subject"}
}
