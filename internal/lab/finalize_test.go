package lab

import (
	"bytes"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// csrCase is a CSR for an order of testFQDN alone.
type csrCase struct {
	name string
	csr  []byte
	want string // in the detail; empty: issued
}

func csrCases(t *testing.T) []csrCase {
	key := newECKey(t, elliptic.P256())
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	fqdn := generalName{tagDNS, testFQDN}
	named := func(more ...generalName) []byte { return customCSR(t, key, append([]generalName{fqdn}, more...)) }
	with := func(id asn1.ObjectIdentifier, critical bool, value ...byte) []byte {
		san, _ := marshalGeneralNames([]generalName{fqdn})
		return rawCSR(t, key, pkix.Name{}, []pkix.Extension{
			{Id: oidSubjectAltName, Value: san}, {Id: id, Critical: critical, Value: value},
		})
	}
	damaged := named()
	damaged[len(damaged)-1] ^= 1
	return []csrCase{
		{"profile", named(generalName{tagURI, testInstance}), ""},
		{"upper case", customCSR(t, key, []generalName{{tagDNS, strings.ToUpper(testFQDN)}}), ""},
		{"common name alone", rawCSR(t, key, pkix.Name{CommonName: testFQDN}, nil), ""},
		{"P-384", nfCSR(t, newECKey(t, elliptic.P384()), testFQDN), ""},
		{"P-521", nfCSR(t, newECKey(t, elliptic.P521()), testFQDN), ""},
		{"Ed25519", nfCSR(t, ed, testFQDN), ""},
		{"RFC 9509 purpose", with(oidExtKeyUsage, false, purposes(t, oidJWT)...), ""},
		{"unknown extension", with(asn1.ObjectIdentifier{1, 2, 3}, false, 5, 0), ""},
		{"not a CSR", []byte("nonsense"), "not a PKCS #10 request"},
		{"bad signature", damaged, "invalid signature"},
		{"weak RSA", nfCSR(t, weak, testFQDN), "1024 bits"},
		{"P-224", nfCSR(t, newECKey(t, elliptic.P224()), testFQDN), "P-224"},
		{"no name", rawCSR(t, key, pkix.Name{}, nil), "exactly those of the order"},
		{"further name", named(generalName{tagDNS, "b.example"}), `"b.example"`},
		{"further common name", rawCSR(t, key, pkix.Name{CommonName: "b.example"}, []pkix.Extension{sanExtension(t, fqdn)}), `"b.example"`},
		{"another name", customCSR(t, key, []generalName{{tagDNS, "b.example"}}), "exactly those of the order"},
		{"address", named(generalName{tagIP, "\x7f\x00\x00\x01"}), "addresses [\"127.0.0.1\"]"},
		{"mail", named(generalName{tagEmail, "a@example.org"}), "e-mail address"},
		{"other name", named(generalName{4, ""}), "tag 4"},
		{"https URI", named(generalName{tagURI, testInstance}, generalName{tagURI, "https://" + strings.ToUpper(testFQDN) + ":8443/x"}), ""},
		{"https URI on another host", named(generalName{tagURI, "https://a.example/"}), `"https://a.example/"`},
		{"https URI with another host behind a user", named(generalName{tagURI, "https://" + testFQDN + "@a.example/"}), "on a host of the order"},
		{"URI of another scheme", named(generalName{tagURI, "ftp://" + testFQDN}), "on a host of the order"},
		{"common name of a device", rawCSR(t, key, pkix.Name{CommonName: "AF 1 of Example Ltd."}, []pkix.Extension{sanExtension(t, fqdn)}), ""},
		{"urn without UUID", named(generalName{tagURI, "urn:uuid:none"}), `"urn:uuid:none"`},
		{"two instances", named(generalName{tagURI, testInstance}, generalName{tagURI, strings.Replace(testInstance, "4a", "4b", 1)}), "2 URI names with an NF instance ID"},
		{"CA", with(oidBasicConstraints, true, 0x30, 3, 1, 1, 0xff), "CA certificate"},
		{"keyCertSign", with(oidKeyUsage, true, 3, 2, 2, 4), "keyCertSign"},
		{"foreign purpose", with(oidExtKeyUsage, false, purposes(t, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 3})...), "key purpose 1.3.6.1.5.5.7.3.3"},
		{"NFTypes critical", with(oidNFTypes, true, 0x30, 5, 0x16, 3, 'A', 'M', 'F'), "RFC 9310"},
		{"NFTypes printable", with(oidNFTypes, false, 0x30, 5, 0x13, 3, 'A', 'M', 'F'), "IA5String"},
		{"NFTypes unordered", with(oidNFTypes, false, 0x30, 10, 0x16, 3, 'S', 'M', 'F', 0x16, 3, 'A', 'M', 'F'), "ascending"},
		{"NFTypes with a space", with(oidNFTypes, false, 0x30, 3, 0x16, 1, ' '), "space"},
		{"NFTypes empty", with(oidNFTypes, false, 0x30, 0), "NF types"},
		{"NFTypes long", with(oidNFTypes, false, append([]byte{0x30, 35, 0x16, 33}, bytes.Repeat([]byte{'A'}, 33)...)...), "1 to 32"},
	}
}

func sanExtension(t *testing.T, names ...generalName) pkix.Extension {
	t.Helper()
	value, err := marshalGeneralNames(names)
	if err != nil {
		t.Fatal(err)
	}
	return pkix.Extension{Id: oidSubjectAltName, Value: value}
}

func purposes(t *testing.T, ids ...asn1.ObjectIdentifier) []byte {
	t.Helper()
	value, err := asn1.Marshal(ids)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// TestParseCSR tries each CSR without the server around it.
func TestParseCSR(t *testing.T) {
	for _, tc := range csrCases(t) {
		t.Run(tc.name, func(t *testing.T) {
			_, err := parseCSR(tc.csr, []identifier{{"dns", testFQDN}})
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}

// TestFinalize refuses, leaves the order ready, and then issues.
func TestFinalize(t *testing.T) {
	l, r := startLab(t, Options{})
	c := newClient(t, l, r)
	c.register(nil)
	url, order := c.ready(testFQDN)
	finalize := order.str(t, "finalize")
	c.refused(400, malformed, finalize, object{"csr": "not base64"})
	c.refused(400, malformed, finalize, object{})
	c.refused(400, malformed, finalize, nil)
	c.refused(400, badCSR, finalize, object{"csr": b64.EncodeToString([]byte("nonsense"))})
	reuse := c.refused(400, badCSR, finalize, object{"csr": b64.EncodeToString(nfCSR(t, c.key, testFQDN))})
	if !strings.Contains(reuse.str(t, "detail"), "account key") {
		t.Errorf("detail %q, want the account key named", reuse.str(t, "detail"))
	}
	if got := c.want(http.StatusOK, url, nil).str(t, "status"); got != statusReady {
		t.Fatalf("order is %q after refused CSRs, want ready", got)
	}
	csr := object{"csr": b64.EncodeToString(nfCSR(t, newECKey(t, elliptic.P256()), testFQDN))}
	a := c.want(http.StatusOK, finalize, csr)
	if a.str(t, "status") != statusProcessing || a.header.Get("Location") != url || a.str(t, "certificate") != "" {
		t.Errorf("finalize answered %s at %q, want processing at %q without certificate", a.body, a.header.Get("Location"), url)
	}
	c.refused(403, orderNotReady, finalize, csr)
	if got := c.wait(url, statusProcessing).str(t, "status"); got != statusValid {
		t.Errorf("order is %q, want valid", got)
	}
	c.refused(403, orderNotReady, finalize, csr)
}

// TestIssuedKinds issues for CSRs that ask for less, or otherwise, than the profile.
func TestIssuedKinds(t *testing.T) {
	l, r := startLab(t, Options{})
	c := newClient(t, l, r)
	c.register(nil)
	issue := func(csr []byte) *x509.Certificate {
		url, order := c.ready(testFQDN)
		return parseChain(t, c.want(http.StatusOK, c.finalize(url, order, csr).str(t, "certificate"), nil).body)[0]
	}
	key := newECKey(t, elliptic.P256())

	bare := issue(rawCSR(t, key, pkix.Name{CommonName: testFQDN, Province: []string{"X"}}, nil))
	if bare.Subject.CommonName != testFQDN || len(bare.Subject.Names) != 2 || !slices.Equal(bare.DNSNames, []string{testFQDN}) {
		t.Errorf("from a common name: subject %q, names %q; want those of the CSR and the name", bare.Subject, bare.DNSNames)
	}
	if bare.KeyUsage != x509.KeyUsageDigitalSignature || len(bare.ExtKeyUsage) != 2 {
		t.Errorf("default usages %v and %v, want digitalSignature and both TLS purposes", bare.KeyUsage, bare.ExtKeyUsage)
	}
	token := issue(rawCSR(t, key, pkix.Name{}, []pkix.Extension{
		sanExtension(t, generalName{tagURI, testInstance}, generalName{tagDNS, testFQDN}),
		{Id: oidExtKeyUsage, Value: purposes(t, oidOAuthSign)},
	}))
	if san, _ := extension(token, oidSubjectAltName); san.Critical || !bytes.Equal(san.Value, sanExtension(t, generalName{tagURI, testInstance}, generalName{tagDNS, testFQDN}).Value) {
		t.Errorf("subjectAltName critical %v, value %x; want the CSR's", san.Critical, san.Value)
	}
	if len(token.UnknownExtKeyUsage) != 1 || !token.UnknownExtKeyUsage[0].Equal(oidOAuthSign) {
		t.Errorf("EKU %v, want the CSR's", token.UnknownExtKeyUsage)
	}
	signing := issue(rawCSR(t, key, pkix.Name{}, []pkix.Extension{sanExtension(t, generalName{tagDNS, testFQDN}), *digitalSignature()}))
	if ext, ok := extension(signing, oidExtKeyUsage); ok || signing.KeyUsage != x509.KeyUsageDigitalSignature {
		t.Errorf("from a keyUsage alone: usages %v and EKU %x, want the CSR's and none", signing.KeyUsage, ext.Value)
	}
}

// TestAlternateChain follows the Link to the other root and back (RFC 8555 7.4.2).
func TestAlternateChain(t *testing.T) {
	l, r := startLab(t, Options{})
	c := newClient(t, l, r)
	c.register(nil)
	url, order := c.ready(testFQDN)
	certURL := c.finalize(url, order, nfCSR(t, newECKey(t, elliptic.P256()), testFQDN)).str(t, "certificate")
	first := c.want(http.StatusOK, certURL, nil)
	if got := first.header.Get("Content-Type"); got != "application/pem-certificate-chain" {
		t.Errorf("content type %q, want application/pem-certificate-chain", got)
	}
	second := c.want(http.StatusOK, first.link("alternate"), nil)
	if got := second.link("alternate"); got != certURL {
		t.Errorf("the alternate's alternate is %q, want %q", got, certURL)
	}
	a, b := parseChain(t, first.body), parseChain(t, second.body)
	if !a[0].Equal(b[0]) {
		t.Error("the two chains have different leaves")
	}
	if err := verifyChain(b, l.AlternateRootPEM()); err != nil {
		t.Errorf("alternate chain: %v", err)
	}
	if err := verifyChain(b, l.IssuerRootPEM()); err == nil {
		t.Error("the alternate chain verifies to the default root")
	}
	c.refused(400, malformed, certURL, object{})
}

// TestRevoke revokes as each of those who may (RFC 8555 7.6), and looks at the CRL.
func TestRevoke(t *testing.T) {
	l, r := startLab(t, Options{})
	owner := newClient(t, l, r)
	url := l.base + "/revoke-cert"
	key := newECKey(t, elliptic.P256())
	leaf := owner.enrol(nfCSR(t, key, testFQDN), testFQDN)[0]
	request := func(leaf *x509.Certificate, reason int) object {
		return object{"certificate": b64.EncodeToString(leaf.Raw), "reason": reason}
	}
	stranger := newClient(t, l, r)
	stranger.register(nil)
	stranger.refused(403, unauthorized, url, request(leaf, 0))
	nobody := newClient(t, l, r)
	nobody.refused(403, unauthorized, url, request(leaf, 0))
	for _, reason := range []int{-1, 2, 6, 7, 8, 11} {
		owner.refused(400, badRevocationReason, url, request(leaf, reason))
	}
	owner.refused(404, malformed, url, request(parseChain(t, l.IssuerRootPEM())[0], 0))
	owner.refused(400, malformed, url, object{"certificate": "AAAA"})
	owner.refused(400, malformed, url, object{"certificate": "?"})
	if got := revokedSerials(t, owner, leaf); len(got) != 0 {
		t.Errorf("CRL lists %v before any revocation", got)
	}
	owner.want(http.StatusOK, url, request(leaf, 4))
	owner.refused(400, alreadyRevoked, url, request(leaf, 4))
	if got := revokedSerials(t, owner, leaf); got[leaf.SerialNumber.String()] != 4 {
		t.Errorf("CRL lists %v, want %v for reason 4", got, leaf.SerialNumber)
	}

	t.Run("by the certificate's key", func(t *testing.T) {
		second := owner.enrol(nfCSR(t, key, testFQDN), testFQDN)[0]
		holder := newClient(t, l, r)
		holder.key = key
		holder.want(http.StatusOK, url, request(second, 1))
	})
	t.Run("by another account that is authorized", func(t *testing.T) {
		third := owner.enrol(nfCSR(t, key, testFQDN), testFQDN)[0]
		stranger.ready(testFQDN)
		stranger.want(http.StatusOK, url, request(third, 0))
	})
	t.Run("by another account that is authorized for some of its names", func(t *testing.T) {
		const address = "192.0.2.1"
		both := append(identifiers(testFQDN), object{"type": "ip", "value": address})
		csr := customCSR(t, key, []generalName{{tagDNS, testFQDN}, {tagIP, "\xc0\x00\x02\x01"}})
		order := owner.want(http.StatusCreated, l.base+"/new-order", object{"identifiers": both})
		orderURL := order.header.Get("Location")
		owner.solve(orderURL, order)
		order = owner.finalize(orderURL, order, csr)
		fourth := parseChain(t, owner.want(http.StatusOK, order.str(t, "certificate"), nil).body)[0]
		stranger.refused(403, unauthorized, url, request(fourth, 0))
		order = stranger.want(http.StatusCreated, l.base+"/new-order", object{"identifiers": both[1:]})
		stranger.solve(order.header.Get("Location"), order)
		stranger.want(http.StatusOK, url, request(fourth, 0))
	})
}

// revokedSerials fetches the CRL that a certificate points to, checks it by
// the issuer that the certificate points to, and lists reasons by serial.
func revokedSerials(t *testing.T, c *client, leaf *x509.Certificate) map[string]int {
	t.Helper()
	fetch := func(url string) []byte {
		resp, err := http.Get(url) //nolint:noctx // loopback, in a test
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		data, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("GET %s: status %d, %v", url, resp.StatusCode, err)
		}
		return data
	}
	issuer, err := x509.ParseCertificate(fetch(leaf.IssuingCertificateURL[0]))
	if err != nil {
		t.Fatal(err)
	}
	crl, err := x509.ParseRevocationList(fetch(leaf.CRLDistributionPoints[0]))
	if err != nil {
		t.Fatal(err)
	}
	if err := crl.CheckSignatureFrom(issuer); err != nil {
		t.Errorf("CRL: %v", err)
	}
	reasons := make(map[string]int)
	for _, e := range crl.RevokedCertificateEntries {
		reasons[e.SerialNumber.String()] = e.ReasonCode
	}
	return reasons
}
