package lint

import (
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/nf"
)

// Fields of findings about a TLS server.
const (
	fieldTLSVersion nf.FieldName = "tls.version"
	fieldTLSCipher  nf.FieldName = "tls.cipherSuite"
	fieldTLSALPN    nf.FieldName = "tls.alpn"
	fieldTLSClient  nf.FieldName = "tls.clientCertificate"
	fieldTLSName    nf.FieldName = "tls.serverName"
)

// serverRules judge what a TLS server showed: TS 33.210 6.2, to which
// TS 33.501 13.1.0 points.
func serverRules() []Rule {
	return []Rule{{
		ID: "tls-version", Field: fieldTLSVersion, scope: onServer, Level: nf.Shall, Clause: "TS 33.210 6.2.1",
		Title: "the server speaks TLS 1.1 or older",
		Why:   "SSL, TLS 1.0 and TLS 1.1 shall not be supported; HTTP/2 needs TLS 1.2 too.",
		Fix:   "turn TLS 1.2 and 1.3 on and older versions off in the NF's TLS settings (openssl: MinProtocol = TLSv1.2)",
		Good:  "TLS 1.3", Bad: "TLS 1.0",
		check: func(s *Subject, r *report) {
			if v := s.TLS.Version; v != 0 && v < tls12 {
				r.hit(s.TLS.VersionName, "TLS 1.2 or 1.3", "the server speaks %s", s.TLS.VersionName)
			}
		},
	}, {
		ID: "tls-version-13", Field: fieldTLSVersion, scope: onServer, Level: nf.Shall, Clause: "TS 33.210 6.2.1",
		most: warning, Lenience: "the server may have been told to use TLS 1.2",
		Title: "the server does not speak TLS 1.3",
		Why:   "TLS 1.3 shall be supported beside 1.2, and was offered.",
		Fix:   "turn TLS 1.3 on in the NF's TLS settings (openssl: MaxProtocol = TLSv1.3)",
		Good:  "TLS 1.3", Bad: "TLS 1.2",
		check: func(s *Subject, r *report) {
			if s.TLS.Version == tls12 {
				r.hit(s.TLS.VersionName, "TLS 1.3", "TLS 1.3 was offered, and the server chose %s", s.TLS.VersionName)
			}
		},
	}, {
		ID: "tls-cipher", Field: fieldTLSCipher, scope: onServer, Level: nf.Should, Clause: "RFC 9113 9.2.2", Confidence: nf.Secondary,
		Title: "the cipher suite has no ephemeral key exchange or no AEAD",
		Why:   "HTTP/2 prohibits these suites for TLS 1.2: a peer may end the connection with INADEQUATE_SECURITY. TS 33.210 6.2.3, which profiles TLS 1.2, was not read.",
		Fix:   "allow ECDHE suites with GCM or ChaCha20-Poly1305 alone in the NF's TLS settings (openssl: CipherString = ECDHE+AESGCM)",
		Good:  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", Bad: "TLS_RSA_WITH_AES_128_CBC_SHA",
		check: func(s *Subject, r *report) {
			n := s.TLS.CipherName
			if s.TLS.Version >= tls13 || n == "" {
				return
			}
			ephemeral := strings.HasPrefix(n, "TLS_ECDHE_") || strings.HasPrefix(n, "TLS_DHE_")
			aead := strings.Contains(n, "_GCM_") || strings.Contains(n, "_CCM") || strings.Contains(n, "CHACHA20_POLY1305")
			if !ephemeral || !aead {
				r.hit(n, "ECDHE with GCM or ChaCha20-Poly1305", "cipher suite %.80s is prohibited for HTTP/2", n)
			}
		},
	}, {
		ID: "tls-alpn", Field: fieldTLSALPN, scope: onServer, Level: nf.Shall, Clause: "TS 33.501 13.1.0",
		most: warning, Lenience: "the port may be for something else than the SBA, such as N32 setup by another stack",
		Title: "the server does not agree on h2",
		Why:   "NFs speak HTTP/2 over TLS (RFC 9113), which is agreed on by ALPN.",
		Fix:   "turn HTTP/2 on in the NF's server settings",
		Good:  "h2", Bad: "http/1.1, or nothing",
		check: func(s *Subject, r *report) {
			if s.TLS.ALPN != "h2" {
				r.hit(s.TLS.ALPN, "h2", "the server agreed on %.40q by ALPN, want h2", s.TLS.ALPN)
			}
		},
	}, {
		ID: "tls-client-certificate", Field: fieldTLSClient, scope: onServer, Level: nf.Shall, Clause: "TS 33.501 13.1.0",
		most: warning, Lenience: "all NFs shall support mutual TLS; whether a port uses it is the operator's choice",
		Title: "the server does not ask for a client certificate",
		Why:   "Without one the server knows nobody who calls, and tokens are not bound to their NF instance.",
		Fix:   "turn client verification on: verify_client: true and verify_client_cacert in Open5GS, oauth with https in free5GC's NRF",
		Good:  "CertificateRequest in the handshake", Bad: "none",
		check: func(s *Subject, r *report) {
			if !s.TLS.ClientCertificateAsked {
				r.hit("", "a certificate request", "the server did not ask for a client certificate")
			}
		},
	}, {
		ID: "tls-server-name", Field: fieldTLSName, scope: onServer, Level: nf.Shall, Clause: "RFC 9110 4.3.4",
		Title: "the certificate does not match the name that was called",
		Why:   "Every client that checks refuses it.",
		Fix:   "name it: nfcert csr --fqdn NAME, or call the server by a name that the certificate has",
		Good:  "called amf1.amf.5gc..., dNSName amf1.amf.5gc...", Bad: "called amf1.amf.5gc..., dNSName amf2.amf.5gc...",
		check: func(s *Subject, r *report) {
			if name := s.TLS.ServerName; name != "" && s.Role == RoleLeaf && !s.covers(name) {
				r.hit(strings.Join(s.dnsNames(), ", "), name, "the certificate does not name %.80q", name)
			}
		},
	}, {
		ID: "tls-server-purpose", Field: nf.FieldExtKeyUsage, scope: onServer, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "a server shows a certificate without serverAuth",
		Why:   "Clients refuse it in this role.",
		Fix:   "nfcert csr --profile nf-tls (or nf-tls-server); in openssl.cnf extendedKeyUsage = clientAuth, serverAuth",
		Good:  "extendedKeyUsage = clientAuth, serverAuth", Bad: "extendedKeyUsage = clientAuth",
		check: func(s *Subject, r *report) {
			if s.Role == RoleLeaf && s.ExtKeyUsage != nil && len(s.ExtKeyUsage.Usages) > 0 &&
				!hasUsage(s.Contents, nf.UsageServerAuth) && !hasUsage(s.Contents, nf.UsageAnyExtendedKeyUsage) {
				r.hit(usageNames(s.Contents), "serverAuth", "the server's certificate lacks serverAuth")
			}
		},
	}, {
		ID: "server-certificate-expired", Field: nf.FieldValidity, scope: onServer, Level: nf.Shall, Clause: "RFC 5280 6.1.3",
		Title: "the server shows an expired certificate",
		Why:   "Every client that checks refuses it.",
		Fix:   "renew it, and have the NF load the new one: nfcert enroll, then restart or reload",
		Good:  "notAfter to come", Bad: "notAfter past",
		check: func(s *Subject, r *report) {
			if s.expired() && !s.backwards() {
				r.hit(s.NotAfter.Format(time.RFC3339), "later than "+s.Now.UTC().Format(time.RFC3339), "the server's certificate expired %d days ago", int(s.Now.Sub(s.NotAfter)/day))
			}
		},
	}, {
		ID: "tls-root-sent", Field: nf.FieldIssuer, scope: onServer, Level: nf.Advice, Clause: "ours",
		Title: "the server sends a root",
		Why:   "Clients trust their own copy of it alone; it costs bytes in each handshake.",
		Fix:   "take the self-signed certificate out of the chain file; keep it in the file of trust anchors",
		Good:  "leaf, intermediate", Bad: "leaf, root",
		check: func(s *Subject, r *report) {
			for i := range s.file {
				if other := &s.file[i]; other.Role == RoleIssuer && other.selfIssued() {
					r.hit(other.SubjectString(), "", "certificate %d of the chain is a root, %.80q", i+1, other.SubjectString())
				}
			}
		},
	}}
}

const (
	tls12 = 0x0303
	tls13 = 0x0304
)

// covers reports whether a dNSName matches the name (RFC 9525 section 6.3).
func (s *Subject) covers(name string) bool {
	name = strings.TrimSuffix(lower(name), ".")
	for i := range s.places {
		p := &s.places[i]
		if !p.wildcard && p.name == name {
			return true
		}
		if _, rest, ok := strings.Cut(name, "."); ok && p.wildcard && rest == p.name {
			return true
		}
	}
	return false
}
