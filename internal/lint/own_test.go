package lint_test

import (
	"crypto"
	"testing"

	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/nf"
)

// nfcert's own CSRs get no finding, not even advice, with the profile given by
// name and inferred.
func TestOwnRequestsPass(t *testing.T) {
	ec, err := csrgen.GenerateKey(csrgen.P256)
	if err != nil {
		t.Fatal(err)
	}
	rsa, err := csrgen.GenerateKey(csrgen.RSA3072)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range nf.Profiles() {
		t.Run(p.Name, func(t *testing.T) {
			c := inspect.ReadCSR(ownRequest(t, p, ec, rsa))
			for _, given := range []nf.Profile{p, {}} {
				if given.Name == "" && (p.Name == "custom" || p.Name == "ri-signing" || p.Name == "af-tls") {
					continue // nothing in the CSR identifies these profiles
				}
				l, err := lint.New(lint.Options{Profile: given, Now: now})
				if err != nil {
					t.Fatal(err)
				}
				result := l.Judge(lint.Input{Items: []*inspect.Contents{c}})[0]
				if result.Profile != p.Name {
					t.Errorf("profile %s (%s), want %s", result.Profile, result.Why, p.Name)
				}
				for _, f := range result.Findings {
					t.Errorf("by %q: %s: %s (%s)", given.Name, f.Rule, f.Message, f.Got)
				}
			}
		})
	}
}

// ownRequest is a CSR of the profile, with names that fit it.
func ownRequest(t *testing.T, p nf.Profile, ec, rsa crypto.Signer) []byte {
	t.Helper()
	request := csrgen.Request{Function: nf.SampleAMF(), Profile: p}
	f := &request.Function
	key := ec
	switch p.Name {
	case "nrf-tls", "nrf-token-signing":
		f.Type, f.FQDNs = "NRF", []string{"nrf." + homeDomain}
	case "scp-tls":
		f.Type, f.FQDNs = "SCP", []string{"scp1.scp." + homeDomain}
	case "sepp-tls":
		f.Type, f.FQDNs = "SEPP", []string{seppFQDN, "*." + seppFQDN}
	case "sepp-n32":
		f.Type, f.FQDNs, f.InstanceID = "SEPP", []string{seppFQDN}, ""
	case "n32-encryption":
		f.Type, f.FQDNs, key = "SEPP", []string{seppFQDN}, rsa
	case "af-tls":
		f.Type, f.FQDNs, f.InstanceID = "AF", []string{"af1.example.org"}, ""
		request.Extras.Subject = []csrgen.Attribute{{Type: nf.OIDOrganization, Value: "Example"}, {Type: nf.OIDCommonName, Value: "af1"}}
	case "ri-signing":
		f.Type, f.FQDNs, f.InstanceID = "", []string{"ri1.example.org"}, ""
		request.Extras.Subject = []csrgen.Attribute{{Type: nf.OIDOrganization, Value: "Example IPX"}}
	}
	der, err := csrgen.Create(key, request)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
