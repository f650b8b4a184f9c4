package lint

import (
	"crypto/tls"
	"strings"

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

// tlsServerRules check the handshake of a TLS server against TS 33.210 6.2, to
// which TS 33.501 13.1.0 refers.
func tlsServerRules() []Rule {
	return []Rule{{
		ID: "tls-version", Field: fieldTLSVersion, scope: onServer, Level: nf.Shall, Clause: "TS 33.210 6.2.1",
		Title: "the server uses TLS 1.1 or older",
		Why:   "SSL, TLS 1.0 and TLS 1.1 shall not be supported. HTTP/2 needs TLS 1.2 too.",
		Fix:   "enable TLS 1.2 and 1.3 and disable older versions in the NF's TLS settings (openssl: MinProtocol = TLSv1.2)",
		Good:  "TLS 1.3", Bad: "TLS 1.0",
		check: func(s *Subject, r *report) {
			if v := s.TLS.Version; v != 0 && v < tls.VersionTLS12 {
				r.hit(s.TLS.VersionName, "TLS 1.2 or 1.3", "the server uses %s, want TLS 1.2 or 1.3", s.TLS.VersionName)
			}
		},
	}, {
		ID: "tls-version-13", Field: fieldTLSVersion, scope: onServer, Level: nf.Shall, Clause: "TS 33.210 6.2.1",
		most: warning, Lenience: "the server may be configured for TLS 1.2",
		Title: "the server does not use TLS 1.3",
		Why:   "TLS 1.3 shall be supported in addition to 1.2, and nfcert offered it.",
		Fix:   "enable TLS 1.3 in the NF's TLS settings (openssl: MaxProtocol = TLSv1.3)",
		Good:  "TLS 1.3", Bad: "TLS 1.2",
		check: func(s *Subject, r *report) {
			if s.TLS.Version == tls.VersionTLS12 {
				r.hit(s.TLS.VersionName, "TLS 1.3", "the server chose %s, though TLS 1.3 was offered", s.TLS.VersionName)
			}
		},
	}, {
		ID: "tls-cipher", Field: fieldTLSCipher, scope: onServer, Level: nf.Should, Clause: "RFC 9113 9.2.2", Confidence: nf.Secondary,
		Title: "the cipher suite has no ephemeral key exchange or no AEAD",
		Why:   "HTTP/2 prohibits these suites for TLS 1.2: a peer may end the connection with INADEQUATE_SECURITY. TS 33.210 6.2.3, which profiles TLS 1.2, was not read.",
		Fix:   "allow only ECDHE suites with GCM or ChaCha20-Poly1305 in the NF's TLS settings (openssl: CipherString = ECDHE+AESGCM)",
		Good:  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", Bad: "TLS_RSA_WITH_AES_128_CBC_SHA",
		check: func(s *Subject, r *report) {
			n := s.TLS.CipherName
			if s.TLS.Version >= tls.VersionTLS13 || n == "" {
				return
			}
			ephemeral := strings.HasPrefix(n, "TLS_ECDHE_") || strings.HasPrefix(n, "TLS_DHE_")
			aead := strings.Contains(n, "_GCM_") || strings.Contains(n, "_CCM") || strings.Contains(n, "CHACHA20_POLY1305")
			if !ephemeral || !aead {
				r.hit(n, "ECDHE with GCM or ChaCha20-Poly1305", "cipher suite %.80s is prohibited for HTTP/2, want ECDHE with GCM or ChaCha20-Poly1305", n)
			}
		},
	}, {
		ID: "tls-alpn", Field: fieldTLSALPN, scope: onServer, Level: nf.Shall, Clause: "TS 33.501 13.1.0",
		most: warning, Lenience: "the port may not be for the SBA, as with N32 setup by another stack",
		Title: "the server does not negotiate h2",
		Why:   "NFs use HTTP/2 over TLS (RFC 9113), which ALPN negotiates.",
		Fix:   "enable HTTP/2 in the NF's server settings",
		Good:  "h2", Bad: "http/1.1, or no protocol",
		check: func(s *Subject, r *report) {
			if s.TLS.ALPN != "h2" {
				r.hit(s.TLS.ALPN, "h2", "the server negotiated %.40q by ALPN, want h2", s.TLS.ALPN)
			}
		},
	}, {
		ID: "tls-client-certificate", Field: fieldTLSClient, scope: onServer, Level: nf.Shall, Clause: "TS 33.501 13.1.0",
		most: warning, Lenience: "all NFs shall support mutual TLS; the operator decides whether a port uses it",
		Title: "the server does not request a client certificate",
		Why:   "Without a client certificate the server cannot authenticate its clients, and tokens are not bound to their NF instance.",
		Fix:   "enable client verification: verify_client: true and verify_client_cacert in Open5GS. free5GC cannot: its NFs show no client certificate",
		Good:  "CertificateRequest in the handshake", Bad: "no CertificateRequest",
		check: when(func(s *Subject) bool { return !s.TLS.ClientCertificateAsked },
			nothing, "a certificate request", "the server did not request a client certificate"),
	}, {
		ID: "tls-server-name", Field: fieldTLSName, scope: onServer, Level: nf.Shall, Clause: "RFC 9110 4.3.4",
		Title: "the certificate does not match the name that was called",
		Why:   "Every client that checks the name refuses it.",
		Fix:   "add the name: nfcert csr --fqdn NAME, or call the server by a name in its certificate",
		Good:  "called amf1.amf.5gc..., dNSName amf1.amf.5gc...", Bad: "called amf1.amf.5gc..., dNSName amf2.amf.5gc...",
		check: func(s *Subject, r *report) {
			if name := s.TLS.ServerName; name != "" && s.Role == RoleLeaf && !s.covers(name) {
				r.hit(strings.Join(s.dnsNames(), ", "), name, "the certificate has no dNSName for %.80q, the name that was called", name)
			}
		},
	}, {
		ID: "tls-server-purpose", Field: nf.FieldExtKeyUsage, scope: onServer, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "a server sends a certificate without serverAuth",
		Why:   "Clients refuse it in this role.",
		Fix:   "use nfcert csr --profile nf-tls (or nf-tls-server); in openssl.cnf extendedKeyUsage = clientAuth, serverAuth",
		Good:  "extendedKeyUsage = clientAuth, serverAuth", Bad: "extendedKeyUsage = clientAuth",
		check: func(s *Subject, r *report) {
			if s.Role == RoleLeaf && s.usageNames() != "" && !hasUsage(s.Contents, nf.UsageServerAuth) && !hasUsage(s.Contents, nf.UsageAnyExtendedKeyUsage) {
				r.hit(s.usageNames(), "serverAuth", "extKeyUsage of the server's certificate lacks serverAuth")
			}
		},
	}, {
		ID: "server-certificate-expired", Field: nf.FieldValidity, scope: onServer, Level: nf.Shall, Clause: "RFC 5280 6.1.3",
		Title: "the server sends an expired certificate",
		Why:   "Every client that checks the validity refuses it.",
		Fix:   "renew it with nfcert enroll, then restart the NF; 5G cores do not load a new certificate on reload",
		Good:  "notAfter in the future", Bad: "notAfter in the past",
		check: expired("the server's certificate"),
	}, {
		ID: "tls-root-sent", Field: nf.FieldIssuer, scope: onServer, Level: nf.Advice, Clause: "ours",
		Title: "the server sends a root certificate",
		Why:   "Clients trust only their own copy of the root. Sending it costs bytes in each handshake.",
		Fix:   "remove the self-signed certificate from the chain file; keep it in the file of trust anchors",
		Good:  "leaf, intermediate", Bad: "leaf, root",
		check: func(s *Subject, r *report) {
			for i := range s.file {
				if other := &s.file[i]; other.Role == RoleIssuer && other.selfIssued() {
					r.hit(other.SubjectString(), "", "certificate %d of the chain, %.80q, is a root", i+1, other.SubjectString())
				}
			}
		},
	}}
}

// covers reports whether a dNSName matches the name (RFC 9525 section 6.3).
func (s *Subject) covers(name string) bool {
	name = strings.TrimSuffix(nf.NormalizeFQDN(name), ".")
	_, parent, _ := strings.Cut(name, ".")
	for i := range s.domains {
		if d := &s.domains[i]; !d.wildcard && d.name == name || d.wildcard && d.name == parent && parent != "" {
			return true
		}
	}
	return false
}
