package interop_test

import (
	"os"
	"slices"
	"testing"

	"github.com/nfcert/nfcert/interop/realca"
)

// Where the servers are that no Go module has.
const (
	varOpenBao        = "NFCERT_INTEROP_OPENBAO"        // the executable
	varAcme2certifier = "NFCERT_INTEROP_ACME2CERTIFIER" // a checkout
)

// elsewhere returns what a variable names. Without it, it skips the test.
func elsewhere(t *testing.T, server, variable string) string {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		t.Skipf("%s: set %s to run it; README.md says how", server, variable)
	}
	return path
}

func openBaoBench(t *testing.T) *bench {
	t.Helper()
	binary := elsewhere(t, "OpenBao", varOpenBao)
	address, err := realca.OwnAddress()
	if err != nil {
		t.Skipf("OpenBao asks port 80 for http-01 answers: %v", err)
	}
	ca, err := realca.StartOpenBao(t.Context(), realca.OpenBaoOptions{Binary: binary, Dir: t.TempDir(), Address: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ca.Stop()
		showLog(t, "openbao", ca.Log())
	})
	return newBench(t, ca.Directory, ca.TLSRoot, ca.IssuerRoot, ca.HTTPAddr)
}

func acme2certifierBench(t *testing.T) *bench {
	t.Helper()
	source := elsewhere(t, "acme2certifier", varAcme2certifier)
	ca, err := realca.StartAcme2certifier(t.Context(), realca.Acme2certifierOptions{Source: source, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ca.Stop()
		showLog(t, "acme2certifier", ca.Log())
	})
	return newBench(t, ca.Directory, ca.TLSRoot, ca.IssuerRoot, ca.HTTPAddr)
}

// Each of these servers is used from the account to the revocation, step by step.
func TestOtherServers(t *testing.T) {
	for _, server := range []struct {
		name  string
		start func(*testing.T) *bench
		omit  string   // what it refuses
		why   string   // a reason of revocation that it takes
		lost  []string // fields that it drops or changes
	}{
		{"OpenBao", openBaoBench, "wildcard", "unspecified", []string{"extKeyUsage", "keyUsage", "keyUsage", "nfTypes", "subject"}},
		{"acme2certifier", acme2certifierBench, "wildcard", "superseded", []string{"keyUsage", "nfTypes", "subjectAltName.critical"}},
	} {
		t.Run(server.name, func(t *testing.T) {
			b := server.start(t)
			b.exec(0, "account", "--accept-tos", "--contact", "ops@operator.example")
			b.run(slices.Concat([]string{"csr", "-n", "amf-01", "--omit", server.omit}, sampleNF())...)
			b.run(slices.Concat([]string{"order", "-n", "amf-01"}, b.answering())...)
			d := b.run(slices.Concat([]string{"finalize", "-n", "amf-01"}, b.saving())...)
			b.judgeCertificate(d)
			b.wantDifferences(d, server.lost...)
			b.exec(0, slices.Concat([]string{"renew", "-n", "amf-01"}, b.answering())...)
			b.exec(0, "account", "update", "--contact", "noc@operator.example")
			b.exec(0, "revoke", "-n", "amf-01", "--yes", "--reason", server.why)
			b.exec(0, "account", "deactivate", "--yes")
		})
	}
}
