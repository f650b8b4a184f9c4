package interop_test

import (
	"slices"
	"testing"

	"github.com/nfcert/nfcert/interop/realca"
)

// A wrong answer to http-01 ends in exit 5 with the CA's reason, and a right
// answer to the next order in a certificate. Pebble makes authorization and
// order invalid; step-ca leaves both pending and the challenge alone invalid.
func TestChallengeRefused(t *testing.T) {
	for name, start := range map[string]func(*testing.T) *bench{
		"pebble":  func(t *testing.T) *bench { return pebbleBench(t, startPebble(t, realca.PebbleOptions{})) },
		"step-ca": func(t *testing.T) *bench { return stepCABench(t, startStepCA(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := start(t)
			b.exec(0, "account", "--accept-tos")
			b.run(slices.Concat([]string{"csr", "-n", "amf-01", "--omit", "uri"}, sampleNF())...)
			content := publishedIn(t, b.run("order", "-n", "amf-01", "--no-solve"))
			for path := range content {
				content[path] = "wrong"
			}
			stop := serve(t, b.httpAddr, content)
			f := b.refused(5, "order", "solve", "-n", "amf-01", "--challenge", "http-01", "--published")
			if f.Fault != "authorization" || f.Problem.Type == "" || f.Hint == "" {
				t.Errorf("solve: %+v, want fault authorization, the CA's problem and a hint", f)
			}
			stop()

			b.run(append([]string{"order", "-n", "amf-01"}, b.answering()...)...)
			b.judgeCertificate(b.run(append([]string{"finalize", "-n", "amf-01"}, b.saving()...)...))
		})
	}
}
