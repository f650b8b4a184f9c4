package lint_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/nf"
)

// fullWorld has a certificate with its CSR, its NF and its server.
func fullWorld() *world {
	w := issuedWorld()
	w.function, w.tls = functionWorld().function, serverWorld().tls
	return w
}

// Each fault is reported once, by the most specific rule, also where the CSR,
// the NF file and a server give several rules a reason to report it.
func TestEachFaultIsReportedOnce(t *testing.T) {
	const other = "urn:uuid:5ace9d34-2c69-4f99-92d5-a73a3fe8e23b"
	bothAs := func(change func(*cert)) func(*world) {
		return func(w *world) { change(w.first()); change(w.request) }
	}
	leaf := func(change func(*cert)) func(*world) { return func(w *world) { change(w.first()) } }
	names := func(list ...[]byte) func(*world) { return leaf(func(c *cert) { c.names(list...) }) }
	for _, tt := range []struct {
		name string
		from func() *world
		bend func(*world)
		want []string
	}{
		{"all right", fullWorld, func(*world) {}, nil},
		{"NF types dropped", fullWorld, leaf(func(c *cert) { c.drop(nf.OIDNFTypes) }), []string{"nf-types-missing"}},
		{"NF type changed", fullWorld, leaf(func(c *cert) { c.ext(nf.OIDNFTypes).value = types("amf") }), []string{"function-type"}},
		{"instance id dropped", fullWorld, names(dns(fqdn)), []string{"san-nf-instance-id"}},
		{"instance id replaced", fullWorld, names(dns(fqdn), uri(other)), []string{"function-instance-id"}},
		{"FQDN dropped", fullWorld, names(uri(instance)), []string{"function-fqdn-missing"}},
		{"names dropped", fullWorld, leaf(func(c *cert) { c.drop(nf.OIDSubjectAltName) }), []string{"san-missing"}},
		{"names not critical", fullWorld, leaf(func(c *cert) { c.ext(nf.OIDSubjectAltName).critical = 0 }), []string{"san-critical"}},
		{"name added", fullWorld, names(dns(fqdn), dns("amf2.amf."+homeDomain), uri(instance)), []string{"function-fqdn-extra"}},
		{"purpose dropped", fullWorld, func(w *world) {
			w.profile = "nf-tls"
			w.first().ext(nf.OIDExtKeyUsage).value = purposes(nf.UsageClientAuth)
		}, []string{"eku-role"}},
		{"country dropped", fullWorld, leaf(func(c *cert) { c.subject = seq(organization(homeDomain)) }), []string{"subject-country"}},
		{"expired", fullWorld, func(w *world) { w.now = w.now.AddDate(5, 0, 0) }, []string{"server-certificate-expired"}},

		// The milder finding never hides the more severe one.
		{"FQDN dropped, no NF file", func() *world { w := fullWorld(); w.function = nil; return w }, names(uri(instance)), []string{"issued-dropped"}},
		{"another key", issuedWorld, leaf(func(c *cert) { c.key(rsaSPKI(3072)) }), []string{"issued-key"}},

		// A fault of the CSR is not one of the CA, and another fault of the same
		// field is still reported.
		{"the CSR is wrong too", issuedWorld, func(w *world) {
			bothAs(func(c *cert) { c.drop(nf.OIDNFTypes) })(w)
			w.request.names(dns(fqdn), dns("amf2.amf."+homeDomain), uri(instance))
		}, []string{"issued-dropped", "nf-types-missing"}},
		{"the CSR's subject is wrong too", issuedWorld, func(w *world) {
			w.request.subject = seq(country("SE"), organization("Example Telecom"))
			w.first().subject = seq(organization("Example Telecom"))
		}, []string{"subject-country", "subject-home-domain"}},
		{"one usage dropped, another added", issuedWorld, func(w *world) {
			w.request.ext(nf.OIDKeyUsage).value = keyUsage(0, 1)
			w.first().ext(nf.OIDKeyUsage).value = keyUsage(0, 5)
		}, []string{"issued-dropped", "key-usage-of-ca"}},
		{"an FQDN dropped, another never requested", fullWorld, func(w *world) {
			w.function.FQDNs = append(w.function.FQDNs, "amf2.amf."+homeDomain)
			w.first().names(uri(instance))
		}, []string{"function-fqdn-missing"}},
		{"two FQDNs of the NF missing", functionWorld, func(w *world) {
			w.function.FQDNs = append(w.function.FQDNs, "amf2.amf."+homeDomain)
			w.tls = serverWorld().tls
			w.tls.ServerName = "amf3.amf." + homeDomain
		}, []string{"function-fqdn-missing", "tls-server-name"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := tt.from()
			tt.bend(w)
			found, messages := judge(t, w, pemOf(w.items))
			if diff := cmp.Diff(tt.want, found); diff != "" {
				t.Errorf("rules (-want +got):\n%s%s", diff, messages)
			}
		})
	}
}

// What the CA dropped is reported with what the CSR requests, and with a fix
// for the CA and not for the CSR.
func TestDroppedByTheCA(t *testing.T) {
	w := issuedWorld()
	w.first().drop(nf.OIDNFTypes)
	l, err := lint.New(lint.Options{Now: now, Request: inspect.ReadCSR(w.request.der())})
	if err != nil {
		t.Fatal(err)
	}
	found := l.Judge(lint.Input{Items: read(t, pemOf(w.items))})[0].Findings
	if len(found) != 1 {
		t.Fatalf("findings = %+v, want one", found)
	}
	const want = `nfTypes is missing (the CSR requests "AMF")`
	if f := found[0]; f.Message != want || !strings.HasPrefix(f.Fix, "ask the CA") || f.Severity != inspect.Error {
		t.Errorf("%s %s: message %q, fix %q, want an error with %q and a fix for the CA", f.Severity, f.Rule, f.Message, f.Fix, want)
	}
}

// A finding that the CSR has too keeps its own fix.
func TestFaultOfTheCSRKeepsItsFix(t *testing.T) {
	w := issuedWorld()
	w.request.subject = seq(country("SE"), organization("Example Telecom"))
	w.first().subject = seq(organization("Example Telecom"))
	l, err := lint.New(lint.Options{Now: now, Request: inspect.ReadCSR(w.request.der())})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"subject-country": true, "subject-home-domain": false}
	for _, f := range l.Judge(lint.Input{Items: read(t, pemOf(w.items))})[0].Findings {
		if got := strings.HasPrefix(f.Fix, "ask the CA"); got != want[f.Rule] {
			t.Errorf("%s: fix %q, want one for the CA: %v", f.Rule, f.Fix, want[f.Rule])
		}
		delete(want, f.Rule)
	}
	if len(want) > 0 {
		t.Errorf("no finding of %v, want both", want)
	}
}

// A rule that is selected alone reports what a more specific rule would.
func TestSelectedRuleReportsItsFault(t *testing.T) {
	w := issuedWorld()
	w.first().drop(nf.OIDNFTypes)
	l, err := lint.New(lint.Options{
		Now: now, Request: inspect.ReadCSR(w.request.der()), Selection: lint.Selection{Only: []string{"issued-*"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	found := l.Judge(lint.Input{Items: read(t, pemOf(w.items))})[0].Findings
	if len(found) != 1 || found[0].Rule != "issued-dropped" {
		t.Errorf("findings = %+v, want one of issued-dropped", found)
	}
}
