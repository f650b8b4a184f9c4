package layout

import (
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/inspect"
)

// warnings lists the problems that the core will have with the certificate. The
// files are valid all the same.
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
			warn("the legacy encoding of PKCS#12 hardly protects the key, even with a good passphrase: protect the file like the key itself")
		}
	}
	if t.Layout == Free5GC {
		t.warnFree5GC(warn, leaf)
	}
	if len(in.Roots) == 0 && slices.Contains([]Name{Open5GS, Free5GC, SDCore, KubernetesSecret}, t.Layout) {
		t.warnNoRoot(warn, in)
	}
	return list
}

// warnNames warns about names and purposes, for every core.
func (t Target) warnNames(warn func(string, ...any), leaf *x509.Certificate) {
	if t.function() == "" {
		warn("the NF type is unknown or not usable in a file name: the files have the name of the enrolment, and %s does not find them", t.Layout)
	} else if known := t.functions(); known != nil && !slices.Contains(known, t.function()) {
		warn("%s ships no certificate for a function %q, only for: %s", t.Layout, t.function(), strings.Join(known, ", "))
	}
	if !serves(leaf) {
		warn("the certificate's purposes do not include serverAuth (TS 33.310 6.1.3c.3): clients that check purposes refuse it")
	} else if len(leaf.DNSNames) == 0 {
		warn("the certificate has no dNSName: clients that check the server's name refuse it")
	}
	if !calls(leaf) {
		warn("the certificate's purposes do not include clientAuth (TS 33.310 6.1.3c.3): servers refuse it for mutual TLS")
	}
}

// functions lists the functions that the core ships certificates for, as they are
// in its file names; nil: unknown.
func (t Target) functions() []string {
	switch t.Layout {
	case Open5GS:
		return strings.Fields("amf ausf bsf hss mme nrf nssf pcf pcrf scp sepp smf udm udr")
	case Free5GC:
		return strings.Fields("af amf ausf bsf chf n3iwf nef nrf nssf pcf smf tngf udm udr")
	}
	return nil
}

// warnFree5GC warns about free5GC's OAuth, which is on in the files that it ships.
// It parses only RSA keys, and the NRF then makes certificates itself.
func (t Target) warnFree5GC(warn func(string, ...any), leaf *x509.Certificate) {
	if t.function() == "nrf" {
		warn("with oauth: true, free5GC's NRF makes its own certificate at every start and overwrites %s, with an EC key the key too: enrol the NRF only for oauth: false", t.path(KindFullchain))
		return
	}
	if _, ok := leaf.PublicKey.(*rsa.PublicKey); !ok {
		warn("the key is %s, but free5GC's OAuth reads only RSA keys: with oauth: true the NF registers and gets no token (invalid_client); set oauth: false in the NRF, or request a certificate with --key RSA3072", leaf.PublicKeyAlgorithm)
	}
}

// warnNoRoot warns when the root of the chain is unknown.
func (t Target) warnNoRoot(warn func(string, ...any), in Issued) {
	if len(in.Chain) == 1 {
		warn("no root and no issuer is known, so there is no CA file to verify peers: give the root with --issuer-root FILE")
		return
	}
	top := in.Chain[len(in.Chain)-1]
	warn("the CA file has the topmost issuer that the CA sent, %q, which is not a root: OpenSSL, for example, verifies peers only up to a root; give the root with --issuer-root FILE", inspect.DistinguishedName(top.RawSubject))
}

// serves and calls report whether the certificate's purposes include TLS server
// and TLS client. A certificate without purposes is valid for both (RFC 5280
// 4.2.1.12).
func serves(leaf *x509.Certificate) bool { return purpose(leaf, x509.ExtKeyUsageServerAuth) }
func calls(leaf *x509.Certificate) bool  { return purpose(leaf, x509.ExtKeyUsageClientAuth) }

func purpose(leaf *x509.Certificate, want x509.ExtKeyUsage) bool {
	if len(leaf.ExtKeyUsage) == 0 && len(leaf.UnknownExtKeyUsage) == 0 {
		return true
	}
	return slices.Contains(leaf.ExtKeyUsage, want) || slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageAny)
}
