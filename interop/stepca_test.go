package interop_test

import (
	"slices"
	"strings"
	"testing"
)

// step-ca refuses URI names in a dns order and says no more than "malformed"
// or "bad CSR"; nfcert must say that they are the cause, and the request
// without them goes through.
func TestStepCARefusesURINames(t *testing.T) {
	b := stepCABench(t, startStepCA(t))
	b.exec(0, "account", "--accept-tos")
	b.run(append([]string{"csr", "-n", "amf-01"}, sampleNF()...)...)
	b.run(append([]string{"order", "-n", "amf-01"}, b.answering()...)...)
	f := b.refused(4, append([]string{"finalize", "-n", "amf-01"}, b.saving()...)...)
	if f.Fault != "ca" || !strings.HasSuffix(f.Problem.Type, ":badCSR") {
		t.Errorf("finalize: %+v, want fault ca and problem badCSR", f)
	}
	if said := f.Message + f.Hint; !strings.Contains(said, "URI") || !strings.Contains(said, "--omit uri") {
		t.Errorf("finalize: message %q, hint %q: want URI names as the cause and --omit uri as the cure", f.Message, f.Hint)
	}

	b.run(append([]string{"csr", "-n", "amf-02", "--omit", "uri"}, sampleNF()...)...)
	b.run(append([]string{"order", "-n", "amf-02"}, b.answering()...)...)
	d := b.run(append([]string{"finalize", "-n", "amf-02"}, b.saving()...)...)
	b.judgeCertificate(d)
	b.wantDifferences(d, droppedByStepCA()...)
}

func TestStepCAOneShot(t *testing.T) {
	b := stepCABench(t, startStepCA(t))
	d := b.run(slices.Concat([]string{"enroll", "-n", "amf-01", "--accept-tos", "--omit", "uri"}, sampleNF(), b.answering(), b.saving())...)
	b.judgeCertificate(d)
	b.wantDifferences(d, droppedByStepCA()...)
}

// droppedByStepCA are the fields that step-ca issues otherwise than the
// profile without URI names asks for: it sets both extended key usages itself.
func droppedByStepCA() []string {
	return []string{"nfTypes", "subject"}
}
