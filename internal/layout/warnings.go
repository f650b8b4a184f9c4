package layout

import (
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
)

// warnings lists what the core will stumble over. None of it makes a file
// wrong.
func (t Target) warnings(in Issued) []string {
	var list []string
	warn := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	leaf := in.Chain[0]
	if t.Keyless != "" && t.Layout != "" {
		warn("the files have no private key: %s", t.Keyless)
	}
	switch t.Layout {
	case Open5GS, Free5GC, SDCore:
		t.warnNames(warn, leaf)
	case PKCS12:
		if in.LegacyPKCS12 {
			warn("the legacy encoding of PKCS#12 protects the key hardly at all, whatever the passphrase: guard the file like the key itself")
		}
	}
	if t.Layout == Free5GC {
		t.warnFree5GC(warn, leaf)
	}
	if len(in.Roots) == 0 && (t.Layout == Open5GS || t.Layout == Free5GC || t.Layout == KubernetesSecret) {
		t.warnNoRoot(warn, in)
	}
	return list
}

// warnNames is for what every core does with names and purposes.
func (t Target) warnNames(warn func(string, ...any), leaf *x509.Certificate) {
	if t.function() == "" {
		warn("the NF type is not known, or fit for no file's name: the files are named after the enrolment, which %s does not look for", t.Layout)
	} else if known := t.functions(); known != nil && !slices.Contains(known, t.function()) {
		warn("%s has no function %q among those that it ships certificates for: %s", t.Layout, t.function(), strings.Join(known, ", "))
	}
	if !serves(leaf) {
		warn("the certificate's purposes do not have serverAuth (TS 33.310 6.1.3c.3): clients that look refuse it")
	} else if len(leaf.DNSNames) == 0 {
		warn("the certificate has no dNSName: clients that compare the name they call refuse it")
	}
	if !calls(leaf) {
		warn("the certificate's purposes do not have clientAuth (TS 33.310 6.1.3c.3): with mutual TLS, servers refuse it")
	}
}

// functions are those that the core ships certificates for, by the names of
// their files; nil: not known.
func (t Target) functions() []string {
	switch t.Layout {
	case Open5GS:
		return strings.Fields("amf ausf bsf hss mme nrf nssf pcf pcrf scp sepp smf udm udr")
	case Free5GC:
		return strings.Fields("af amf ausf bsf chf n3iwf nef nrf nssf pcf smf tngf udm udr")
	}
	return nil
}

// warnFree5GC is for its OAuth code: tokens and registrations go through
// functions that parse RSA keys alone, and an access token is only given to a
// certificate whose first URI is the NF instance id.
func (t Target) warnFree5GC(warn func(string, ...any), leaf *x509.Certificate) {
	if _, ok := leaf.PublicKey.(*rsa.PublicKey); !ok {
		warn("the key is %s: free5GC's OAuth reads RSA keys only, so that with oauth the NRF cannot register this NF; ask for another certificate with --key RSA3072", leaf.PublicKeyAlgorithm)
	}
	switch {
	case len(leaf.URIs) == 0:
		warn("the certificate has no URI name: free5GC's NRF gives tokens only to a certificate whose first URI is urn:uuid: and the NF instance id")
	case !strings.HasPrefix(strings.ToLower(leaf.URIs[0].String()), "urn:uuid:"):
		warn("the certificate's first URI is %q: free5GC's NRF looks at the first alone, and wants urn:uuid: and the NF instance id there", leaf.URIs[0])
	}
	if t.function() == "nrf" {
		warn("with oauth, free5GC's NRF signs certificates itself and wants the key of rootcert, which no CA gives out: it needs a root of its own for that")
	}
}

// warnNoRoot is for a chain that was verified link by link only.
func (t Target) warnNoRoot(warn func(string, ...any), in Issued) {
	if len(in.Chain) == 1 {
		warn("no root and no issuer is known: there is no CA file to verify peers by; name the root with --issuer-root FILE")
		return
	}
	top := in.Chain[len(in.Chain)-1]
	warn("the CA file has the topmost issuer that the CA sent, %q, which is no root: OpenSSL, for one, verifies peers only up to a root; name it with --issuer-root FILE", top.Subject)
}

// serves and calls report whether the certificate's purposes allow to be a TLS
// server and a client. One that names no purpose may be both (RFC 5280
// 4.2.1.12).
func serves(leaf *x509.Certificate) bool { return purpose(leaf, x509.ExtKeyUsageServerAuth) }
func calls(leaf *x509.Certificate) bool  { return purpose(leaf, x509.ExtKeyUsageClientAuth) }

func purpose(leaf *x509.Certificate, want x509.ExtKeyUsage) bool {
	if len(leaf.ExtKeyUsage) == 0 && len(leaf.UnknownExtKeyUsage) == 0 {
		return true
	}
	return slices.Contains(leaf.ExtKeyUsage, want) || slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageAny)
}
