package lint_test

import (
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/nf"
)

func TestInferProfile(t *testing.T) {
	for _, tt := range []struct {
		name string
		from func() *world
		bend func(*cert)
		want string
		why  string
	}{
		{"both roles", leafWorld, nil, "nf-tls", "clientAuth and serverAuth"},
		{"a request", csrWorld, nil, "nf-tls", "clientAuth and serverAuth"},
		{"client", leafWorld, func(c *cert) { c.ext(nf.OIDExtKeyUsage).value = purposes(nf.UsageClientAuth) }, "nf-tls-client", "only clientAuth"},
		{"server", leafWorld, func(c *cert) { c.ext(nf.OIDExtKeyUsage).value = purposes(nf.UsageServerAuth) }, "nf-tls-server", "only serverAuth"},
		{"nothing", leafWorld, func(c *cert) { c.exts = nil }, "nf-tls", "the default"},
		{"NRF", nrfWorld, nil, "nrf-tls", "nfTypes has NRF"},
		{"NRF by name", nrfWorld, func(c *cert) { c.drop(nf.OIDNFTypes) }, "nrf-tls", "label of NRF"},
		{"SCP", scpWorld, nil, "scp-tls", "nfTypes has SCP"},
		{"SEPP with wildcard", seppWorld, nil, "sepp-tls", "wildcard"},
		{"SEPP for N32", n32World, nil, "sepp-n32", "without a wildcard or an NF instance id"},
		{"CCA", ccaWorld, nil, "cca-signing", "jwt"},
		{"token", tokenWorld, nil, "nrf-token-signing", "oauthAccessTokenSigning"},
		{"encryption", encryptWorld, nil, "n32-encryption", "httpContentEncrypt"},
		{"no core name", afWorld, func(c *cert) { c.drop(nf.OIDNFTypes) }, "nf-tls", "use af-tls"},
		{"AF outside", afWorld, nil, "af-tls", "no name is in the 5G core"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.from().first()
			if tt.bend != nil {
				tt.bend(c)
			}
			read := inspect.ReadCertificate
			if c.csr {
				read = inspect.ReadCSR
			}
			profile, why := lint.InferProfile(read(c.der()))
			if profile.Name != tt.want || !strings.Contains(why, tt.why) {
				t.Errorf("InferProfile() = %s (%s), want %s (%s)", profile.Name, why, tt.want, tt.why)
			}
		})
	}
}

// A finding by a clause that was not read is a warning, and says so.
func TestUnreadClausesWarn(t *testing.T) {
	w := scpWorld()
	w.first().drop(nf.OIDKeyUsage)
	l, err := lint.New(lint.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	findings := l.Judge(lint.Input{Items: read(t, pemOf(w.items))})[0].Findings
	if len(findings) != 1 || findings[0].Rule != "key-usage-missing" || findings[0].Severity != inspect.Warning ||
		!strings.Contains(findings[0].Message, "not read") {
		t.Errorf("findings = %+v, want a warning of key-usage-missing that says that the clause was not read", findings)
	}
}

// So is a finding by a clause that is known from a text that cites it.
func TestSecondHandClausesWarn(t *testing.T) {
	w := leafWorld()
	w.first().exts = append(w.first().exts, ext{nf.OIDCertificatePolicies, 0xff, seq(seq(oidDER("1.3.6.1.4.1.1")))})
	l, err := lint.New(lint.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	findings := l.Judge(lint.Input{Items: read(t, pemOf(w.items))})[0].Findings
	if len(findings) != 1 || findings[0].Rule != "extension-critical" || findings[0].Severity != inspect.Warning ||
		!strings.Contains(findings[0].Message, "itself was not read") {
		t.Errorf("findings = %+v, want a warning of extension-critical that says that the clause itself was not read", findings)
	}
}

// In the profile custom the user decides everything, except for what no
// certificate may have.
func TestCustomIsFree(t *testing.T) {
	w := leafWorld()
	c := w.first()
	c.exts = []ext{
		{nf.OIDSubjectAltName, 0xff, seq(dns("*.example.org"), ip("192.0.2.1"), wrap(0x81, []byte("a@example.org")))},
		{nf.OIDExtKeyUsage, 0, purposes("1.3.6.1.5.5.7.3.3")},
		{nf.OIDCertificatePolicies, 0xff, seq(seq(oidDER("2.23.140.1.2.1")))},
	}
	c.subject = seq(commonName("anything"))
	c.validTo = date(2036, 1, 1)
	profile, ok := nf.LookupProfile("custom")
	if !ok {
		t.Fatal("no profile custom")
	}
	l, err := lint.New(lint.Options{Now: now, Profile: profile})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range l.Judge(lint.Input{Items: read(t, pemOf(w.items))})[0].Findings {
		t.Errorf("%s: %s, want nothing", f.Rule, f.Message)
	}
}

// A file with several leaves and one CA is a bundle: each leaf is checked with
// its issuer, in any order.
func TestBundles(t *testing.T) {
	second := newLeaf()
	second.forge = true
	l, err := lint.New(lint.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	results := l.Judge(lint.Input{Items: read(t, pemOf([]*cert{newCA(), newLeaf(), second}))})
	for i, want := range []struct {
		role lint.Role
		rule string
	}{{lint.RoleIssuer, ""}, {lint.RoleLeaf, ""}, {lint.RoleLeaf, "chain-signature"}} {
		var rules []string
		for _, f := range results[i].Findings {
			rules = append(rules, f.Rule)
		}
		if got := strings.Join(rules, ","); results[i].Role != want.role || got != want.rule {
			t.Errorf("item %d: %s with %q, want %s with %q", i, results[i].Role, got, want.role, want.rule)
		}
	}
}

// Certificates for TLS, and those that verify access tokens and CCAs, shall have the
// NF instance id; we know the clause from a text that quotes it, and say so. The
// tables of SCP and SEPP were not read, so there it is a warning. An RSA key below
// 2048 bits is an error everywhere.
func TestErrors(t *testing.T) {
	role := func(usage nf.OID) func() *world {
		return func() *world {
			w := leafWorld()
			w.first().ext(nf.OIDExtKeyUsage).value = purposes(usage)
			return w
		}
	}
	nameless := func(c *cert) { c.names(dns(fqdn)) }
	short := func(c *cert) { c.key(rsaSPKI(1024)) }
	for _, tt := range []struct {
		name, rule string
		from       func() *world
		bend       func(*cert)
		want       inspect.Severity
	}{
		{"nf-tls", "san-nf-instance-id", leafWorld, nameless, inspect.Error},
		{"nf-tls, a request", "san-nf-instance-id", csrWorld, nameless, inspect.Error},
		{"nf-tls-client", "san-nf-instance-id", role(nf.UsageClientAuth), nameless, inspect.Error},
		{"nf-tls-server", "san-nf-instance-id", role(nf.UsageServerAuth), nameless, inspect.Error},
		{"nrf-tls", "san-nf-instance-id", nrfWorld, func(c *cert) { c.names(dns("nrf." + homeDomain)) }, inspect.Error},
		{"cca-signing", "cca-instance-id", ccaWorld, nameless, inspect.Error},
		{"nrf-token-signing", "san-nf-instance-id", tokenWorld, func(c *cert) { c.names(dns("nrf." + homeDomain)) }, inspect.Error},
		{"scp-tls", "san-nf-instance-id", scpWorld, func(c *cert) { c.names(dns("scp1.scp." + homeDomain)) }, inspect.Warning},
		{"sepp-tls", "san-nf-instance-id", seppWorld, func(c *cert) { c.names(dns(seppFQDN), dns("*."+seppFQDN)) }, inspect.Warning},
		{"a short RSA key", "key-rsa-size", leafWorld, short, inspect.Error},
		{"a short RSA key, outside the core", "key-rsa-size", afWorld, short, inspect.Error},
	} {
		w := tt.from()
		tt.bend(w.first())
		read := inspect.ReadCertificate
		if w.first().csr {
			read = inspect.ReadCSR
		}
		l, err := lint.New(lint.Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, f := range l.Judge(lint.Input{Items: []*inspect.Contents{read(w.first().der())}})[0].Findings {
			if f.Rule != tt.rule {
				continue
			}
			found = true
			said := strings.Contains(f.Message, "was not read")
			if instance := tt.rule != "key-rsa-size"; f.Severity != tt.want || said != instance {
				t.Errorf("%s: %s %s: %s (%s), want %s, and that the clause was not read: %t", tt.name, f.Severity, f.Rule, f.Message, f.Clause, tt.want, instance)
			}
		}
		if !found {
			t.Errorf("%s: no finding of %s", tt.name, tt.rule)
		}
	}
}

// An order of URI names is nobody's rule: the rule that said so is gone, and scripts
// that skip it still run.
func TestRetiredRule(t *testing.T) {
	w := leafWorld()
	w.first().names(dns(fqdn), uri("https://"+fqdn+"/"), uri(instance))
	l, err := lint.New(lint.Options{Now: now, Selection: lint.Selection{Skip: []string{"san-nf-instance-id-first"}}})
	if err != nil {
		t.Fatal(err)
	}
	if found := l.Judge(lint.Input{Items: []*inspect.Contents{inspect.ReadCertificate(w.first().der())}})[0].Findings; len(found) != 0 {
		t.Errorf("findings %+v, want none", found)
	}
}
