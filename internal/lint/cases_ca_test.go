package lint_test

import (
	"crypto/elliptic"
	"slices"
	"time"

	"github.com/nfcert/nfcert/internal/nf"
)

// caCases change what the CA adds, and the chain.
func caCases() []kase {
	chain := func(rule string, bend func(leaf, ca *cert)) kase {
		return kase{rule: rule, from: chainWorld, bend: func(w *world) { bend(w.items[0], w.items[1]) }}
	}
	return []kase{
		leafCase("aki-missing", leafWorld, func(c *cert) { c.drop(nf.OIDAuthorityKeyID) }),
		leafCase("aki-critical", leafWorld, func(c *cert) { c.ext(nf.OIDAuthorityKeyID).critical = 0xff }),
		leafCase("aki-key-id", leafWorld, func(c *cert) {
			c.ext(nf.OIDAuthorityKeyID).value = seq(wrap(0xa1, wrap(0xa4, newCA().subject)), wrap(0x82, []byte{1}))
		}),
		chain("aki-of-issuer", func(leaf, _ *cert) {
			leaf.ext(nf.OIDAuthorityKeyID).value = seq(wrap(0x80, keyID(leaf.spki)))
		}),
		leafCase("ski-critical", leafWorld, func(c *cert) { c.ext(nf.OIDSubjectKeyID).critical = 0xff }),
		leafCase("ski-method", leafWorld, func(c *cert) { c.ext(nf.OIDSubjectKeyID).value = wrap(4, []byte{1, 2, 3, 4}) }),
		leafCase("crl-missing", leafWorld, func(c *cert) { c.drop(nf.OIDCRLDistribution) }),
		leafCase("crl-critical", leafWorld, func(c *cert) { c.ext(nf.OIDCRLDistribution).critical = 0xff }),
		leafCase("crl-scheme", leafWorld, func(c *cert) { c.ext(nf.OIDCRLDistribution).value = crl(uri("file:///etc/ca.crl")) }),
		leafCase("crl-https", leafWorld, func(c *cert) { c.ext(nf.OIDCRLDistribution).value = crl(uri("https://ca.example/ca.crl")) }),
		leafCase("aia-critical", leafWorld, func(c *cert) { c.ext(nf.OIDAuthorityInfoAccess).critical = 0xff }),
		leafCase("aia-scheme", leafWorld, func(c *cert) {
			c.ext(nf.OIDAuthorityInfoAccess).value = seq(access(caIssuers, uri("file:///etc/ca.cer")))
		}),
		leafCase("aia-ca-issuers", leafWorld, func(c *cert) {
			c.ext(nf.OIDAuthorityInfoAccess).value = seq(access(ocsp, uri("http://ocsp.example/")))
		}),
		leafCase("extension-critical", leafWorld, func(c *cert) {
			c.add(nf.OIDCertificatePolicies, 0xff, seq(seq(oidDER("2.16.840.1.101.3.2.1.48.48"))))
		}),
		leafCase("extension-unknown", leafWorld, func(c *cert) { c.add("1.3.6.1.4.1.99999.1", 0, seq()) }),

		chain("chain-signature", func(leaf, _ *cert) { leaf.forge = true }),
		{rule: "chain-order", from: chainWorld, bend: func(w *world) { slices.Reverse(w.items) }},
		chain("chain-incomplete", func(_, ca *cert) {
			ca.subject = seq(country("SE"), organization("Other CA"))
			ca.issuer = ca.subject
		}),
		{rule: "chain-stranger", from: chainWorld, bend: func(w *world) {
			other := newCA()
			other.subject = seq(country("SE"), organization("Other CA"))
			other.issuer = other.subject
			w.items = append(w.items, other)
		}},
		{rule: "chain-direct", from: chainWorld, bend: func(w *world) { *w = *threeWorld() }},
		chain("chain-key-strength", func(leaf, _ *cert) { leaf.key(ecSPKI(elliptic.P384(), "p384")) }),
		chain("chain-outlives", func(_, ca *cert) { ca.validTo = date(2026, 12, 1) }),

		chain("issuer-is-ca", func(_, ca *cert) { ca.drop(nf.OIDBasicConstraints) }),
		chain("issuer-constraints-critical", func(_, ca *cert) { ca.ext(nf.OIDBasicConstraints).critical = 0 }),
		chain("issuer-key-cert-sign", func(_, ca *cert) { ca.ext(nf.OIDKeyUsage).value = keyUsage(0, 6) }),
		chain("issuer-key-usage-critical", func(_, ca *cert) { ca.ext(nf.OIDKeyUsage).critical = 0 }),
		chain("issuer-crl-sign", func(_, ca *cert) { ca.ext(nf.OIDKeyUsage).value = keyUsage(5) }),
		{rule: "issuer-path-length", from: threeWorld, bend: func(w *world) {
			w.items[2].ext(nf.OIDBasicConstraints).value = seq([]byte{1, 1, 0xff}, []byte{2, 1, 0})
		}, also: []string{"chain-direct"}, why: "a CA below a CA makes an intermediate"},
		chain("issuer-path-zero", func(_, ca *cert) { ca.ext(nf.OIDBasicConstraints).value = seq([]byte{1, 1, 0xff}) }),
		chain("issuer-ski-missing", func(_, ca *cert) { ca.drop(nf.OIDSubjectKeyID) }),
		{rule: "issuer-expired", from: chainWorld, bend: func(w *world) {
			w.items[1].validTo = date(2026, 5, 1)
		}, also: []string{"chain-outlives"}, why: "a leaf that is valid outlives a CA that is not"},
	}
}

// otherCases change SEPPs, requests, servers, and what a certificate is compared
// with.
func otherCases() []kase {
	tls := func(rule string, bend func(*world)) kase { return kase{rule: rule, from: serverWorld, bend: bend} }
	function := func(rule string, bend func(*nf.Function)) kase {
		return kase{rule: rule, from: functionWorld, bend: func(w *world) { bend(w.function) }}
	}
	issued := func(rule string, bend func(request, leaf *cert)) kase {
		return kase{rule: rule, from: issuedWorld, bend: func(w *world) { bend(w.request, w.first()) }}
	}
	return []kase{
		leafCase("sepp-plmn", seppWorld, func(c *cert) {
			c.subject = seq(country("SE"), organization(homeDomain))
			c.names(dns("sepp1.ipxnetwork.org"), dns("*.sepp1.ipxnetwork.org"), uri(instance))
		}),
		leafCase("sepp-one-plmn", seppWorld, func(c *cert) {
			c.names(dns(seppFQDN), dns("*."+seppFQDN), dns("sepp1.sepp.5gc.mnc002.mcc001.3gppnetwork.org"), uri(instance))
		}),
		leafCase("sepp-wildcard", seppWorld, func(c *cert) { c.names(dns(seppFQDN), uri(instance)) }),
		{rule: "proxy-roles", from: scpWorld, bend: func(w *world) {
			w.profile = "nf-tls-server" // the profile of SCPs requires both roles itself
			w.first().ext(nf.OIDExtKeyUsage).value = purposes(nf.UsageServerAuth)
		}},

		leafCase("csr-signature", csrWorld, func(c *cert) { c.forge = true }),
		leafCase("csr-extension-request", csrWorld, func(c *cert) { c.requests = 2 }),
		leafCase("csr-challenge-password", csrWorld, func(c *cert) {
			c.attributes = seq(oidDER("1.2.840.113549.1.9.7"), wrap(0x31, wrap(utf8String, []byte("secret"))))
		}),
		leafCase("csr-attribute-unknown", csrWorld, func(c *cert) {
			c.attributes = seq(oidDER("1.3.6.1.4.1.311.13.2.3"), wrap(0x31, wrap(ia5String, []byte("10.0"))))
		}),
		leafCase("csr-extensions-missing", csrWorld, func(c *cert) { c.exts, c.requests = nil, 0 }).
			without("key-usage-missing", "eku-missing", "san-missing", "nf-types-missing"),
		leafCase("csr-issuer-extensions", csrWorld, func(c *cert) {
			c.add(nf.OIDCRLDistribution, 0, crl(uri("http://ca.example/ca.crl")))
		}),

		tls("tls-version", func(w *world) {
			w.tls.Version, w.tls.VersionName, w.tls.CipherName = 0x0302, "TLS 1.1", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
		}),
		tls("tls-version-13", func(w *world) {
			w.tls.Version, w.tls.VersionName, w.tls.CipherName = 0x0303, "TLS 1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
		}),
		tls("tls-cipher", func(w *world) {
			w.tls.Version, w.tls.VersionName, w.tls.CipherName = 0x0303, "TLS 1.2", "TLS_RSA_WITH_AES_128_CBC_SHA"
		}).with("TLS 1.3 has no such suite", "tls-version-13"),
		tls("tls-alpn", func(w *world) { w.tls.ALPN = "http/1.1" }),
		tls("tls-client-certificate", func(w *world) { w.tls.ClientCertificateAsked = false }),
		tls("tls-server-name", func(w *world) { w.tls.ServerName = "amf2.amf." + homeDomain }),
		tls("tls-server-purpose", func(w *world) { w.first().ext(nf.OIDExtKeyUsage).value = purposes(nf.UsageClientAuth) }),
		tls("server-certificate-expired", func(w *world) { w.now = time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC) }),
		tls("tls-root-sent", func(w *world) { w.items = append(w.items, newCA()) }),

		function("function-instance-id", func(f *nf.Function) { f.InstanceID = "5ace9d34-2c69-4f99-92d5-a73a3fe8e23b" }),
		function("function-type", func(f *nf.Function) { f.Type = "SMF" }),
		function("function-fqdn-missing", func(f *nf.Function) { f.FQDNs = append(f.FQDNs, "amf2.amf."+homeDomain) }),
		{rule: "function-fqdn-extra", from: functionWorld, bend: func(w *world) {
			w.first().names(dns(fqdn), dns("amf2.amf."+homeDomain), uri(instance))
		}},
		function("function-network", func(f *nf.Function) { f.PLMN = &nf.PLMN{MCC: "001", MNC: "02"} }),
		function("function-country", func(f *nf.Function) { f.Country = "NO" }),
		function("function-uri-missing", func(f *nf.Function) { f.URIs = []string{"https://" + fqdn + "/"} }),

		issued("issued-key", func(_, leaf *cert) { leaf.key(spkiOf(keyOf("another"))) }),
		issued("issued-dropped", func(request, _ *cert) {
			request.names(dns(fqdn), dns("amf2.amf."+homeDomain), uri(instance))
		}),
		issued("issued-changed", func(request, _ *cert) { request.ext(nf.OIDExtKeyUsage).critical = 0xff }),
		issued("issued-added", func(_, leaf *cert) { leaf.names(dns(fqdn), dns("amf2.amf."+homeDomain), uri(instance)) }),
	}
}
