package report

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/ui"
)

// untrusted is for a server that is not trusted, that does not trust this client, or whose
// TLS is too weak.
func untrusted(c *Context, e *acmewire.NetworkError, r *Report) {
	r.Code, r.Fault = CodeUntrusted, FaultTLS
	judged, _ := cli.As[*session.TrustError](c.Err)
	if judged != nil {
		r.Trust = &judged.Report
	}
	var pin *acmewire.PinError
	switch {
	case errors.As(e.Err, &pin):
		r.Code, r.Clause = CodePinMismatch, "TS 33.310 Annex J.2.1"
		r.Hint = pinHint(judged)
	case e.Offer != nil && e.Offer.Old:
		r.Code, r.Clause = CodeWeakTLS, "TS 33.210 6.2.1"
		r.Hint = "nfcert does not use older versions: the CA's operator must enable TLS 1.2 or 1.3"
	case e.Offer != nil:
		r.Code, r.Clause = CodeWeakTLS, "TS 33.501 13.1.0, RFC 9113 9.2.2"
		r.Hint = "these cipher suites are disabled: the CA's operator must allow ECDHE with GCM or ChaCha20-Poly1305, or TLS 1.3"
	case len(e.Chain) > 0:
		r.Hint = trustHint(e, judged, c.Clock())
	case e.Client != nil:
		r.Code, r.Clause = CodeClientRefused, "TS 33.310 Annex J.2.1"
		r.Hint = clientHint(e.Client)
	default:
		r.Hint = "the TLS handshake failed; a CA that requires mutual TLS needs --client-cert and --client-key"
	}
}

// pinHint says why no certificate of the server may match the pin.
func pinHint(judged *session.TrustError) string {
	if judged != nil && judged.Replaced != nil {
		return fmt.Sprintf("when it was pinned, the server had another certificate, %s: it was replaced, or someone intercepts the connection. If the CA's operator confirms the new fingerprint, give it once with --ca-pin", session.TrustCertOf(judged.Replaced).Line())
	}
	return "nothing was sent. Ask the CA's operator for the fingerprint; to pin a root that the server does not send, give the root too: --ca-root FILE with --ca-pin"
}

// trustHint says why a server's TLS certificate is not trusted.
func trustHint(e *acmewire.NetworkError, judged *session.TrustError, now time.Time) string {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	clock := "; is this machine's clock right? It says " + ui.Time(now)
	switch {
	case errors.As(e.Err, &unknown):
		if judged != nil && len(judged.Report.WouldTrust) > 0 {
			return wouldHint(judged.Report.WouldTrust[0])
		}
		return fmt.Sprintf("its chain ends at %q; get the CA's TLS root from its operator (TS 33.310 Annex J.2.1) and name it with --ca-root FILE, or its fingerprint with --ca-pin", inspect.DistinguishedName(e.Chain[len(e.Chain)-1].RawIssuer))
	case errors.As(e.Err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil && now.Before(invalid.Cert.NotBefore):
		return fmt.Sprintf("%q is not valid before %s%s", invalid.Cert.Subject, ui.Time(invalid.Cert.NotBefore), clock)
	case errors.As(e.Err, &invalid) && invalid.Reason == x509.Expired:
		subject, end := "its certificate", ""
		if invalid.Cert != nil {
			subject, end = fmt.Sprintf("%q", inspect.DistinguishedName(invalid.Cert.RawSubject)), " at "+ui.Time(invalid.Cert.NotAfter)
		}
		return subject + " expired" + end + ": the CA's operator must renew it" + clock
	case errors.As(e.Err, &host):
		hint := "its certificate is for other names; use the URL that the CA's operator gave"
		if names := hostNames(host.Certificate); names != "" {
			hint += ", with one of: " + names + " (--resolve HOST:PORT:ADDRESS where DNS does not know it)"
		}
		return hint
	}
	if errors.As(e.Err, &invalid) && invalid.Reason == x509.IncompatibleUsage {
		return "its certificate is not for servers: the CA's operator must install one with serverAuth"
	}
	return "its certificate chain is not valid: the CA's operator must fix it"
}

// wouldHint is for a chain that other roots on this machine verify.
func wouldHint(c session.TrustCert) string {
	if c.From == "the system's roots" {
		return fmt.Sprintf("the system's roots trust it, by %q, and --ca-root replaces them: use --ca-root %s to return to them", c.Subject, session.SystemRoots)
	}
	return fmt.Sprintf("%s trusts it, by %q (sha256:%s): if the CA's operator confirms that root, name it with --ca-root FILE", c.From, c.Subject, c.SHA256)
}

// hostNames lists the names of a server's certificate.
func hostNames(c *x509.Certificate) string {
	if c == nil {
		return ""
	}
	names := c.DNSNames
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) > maxNames {
		names = append(names[:maxNames:maxNames], "...")
	}
	return strings.Join(names, ", ")
}

// maxNames bounds how many names of a certificate a hint lists.
const maxNames = 8

// clientHint is for a server that asked for a client certificate and then ended the
// handshake.
func clientHint(c *acmewire.ClientCertRequest) string {
	takes := ""
	if len(c.CAs) > 0 {
		takes = "; the server accepts certificates of " + strings.Join(c.CAs[:min(len(c.CAs), maxNames)], "; ")
	}
	if c.Shown == nil {
		return "the server requires mutual TLS: name a client certificate with --client-cert and --client-key" + takes
	}
	return fmt.Sprintf("the server does not accept the client certificate %q of %q: ask the CA's operator which issuer it trusts for clients%s", c.Shown.Subject, c.Shown.Issuer, takes)
}

// trustLines formats a trust report for people.
func trustLines(t *session.TrustReport, line func(label, text string)) {
	for _, c := range t.Served {
		line("served", c.Line())
	}
	for _, c := range t.Tried {
		line("tried", c.Line()+", of "+t.TriedFrom)
	}
	if len(t.Tried) == 0 {
		line("tried", t.TriedFrom)
	}
	for _, c := range t.WouldTrust {
		line("trusts", c.From+": "+c.Subject+", sha256:"+c.SHA256)
	}
}

// proxyHint says what to do about a proxy.
func proxyHint(e *acmewire.NetworkError) string {
	var answered *acmewire.ProxyError
	const direct = "; to connect to a host without it, set NO_PROXY=HOST"
	if !errors.As(e.Err, &answered) {
		return "the proxy is set in HTTPS_PROXY: check the value, and whether the proxy runs" + direct
	}
	switch answered.Status {
	case 407:
		return "the proxy requires credentials, and the server was not reached: HTTPS_PROXY=http://USER:PASSWORD@PROXY:PORT" + direct
	case 403:
		return "the proxy's rules forbid this host or port, and the server was not reached: its operator can allow it" + direct
	}
	return "the proxy did not reach the server: check that the proxy can resolve the name" + direct
}
