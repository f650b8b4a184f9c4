package lint_test

import (
	"bytes"
	"crypto/elliptic"
	"time"

	"github.com/nfcert/nfcert/internal/nf"
)

// encodingCases change the DER.
func encodingCases() []kase {
	return []kase{
		leafCase("der-malformed", csrWorld, func(c *cert) { c.ext(nf.OIDKeyUsage).value = []byte{5, 0} }),
		leafCase("der-trailing-bytes", leafWorld, func(c *cert) {
			c.patch = func(der []byte) []byte { return append(der, 0) }
		}),
		leafCase("der-not-canonical", csrWorld, func(c *cert) { c.ext(nf.OIDKeyUsage).critical = 1 }),
		leafCase("der-too-many", leafWorld, func(c *cert) {
			c.ext(nf.OIDKeyUsage).value = wrap(3, []byte{0, 0x80}, bytes.Repeat([]byte{0}, 8), []byte{1})
		}),
		leafCase("extension-duplicate", leafWorld, func(c *cert) { c.exts = append(c.exts, *c.ext(nf.OIDKeyUsage)) }),
		leafCase("name-string-type", csrWorld, func(c *cert) {
			c.subject = seq(attr(nf.OIDCountry, utf8String, "SE"), organization(homeDomain))
		}),
		leafCase("name-characters", csrWorld, func(c *cert) { c.names(dns(fqdn), dns("amf\x00.example.org"), uri(instance)) }),
		leafCase("value-not-allowed", csrWorld, func(c *cert) { c.ext(nf.OIDExtKeyUsage).value = seq() }),
	}
}

// valueCases change version, serial number, signature, key, subject and validity.
func valueCases() []kase {
	return []kase{
		leafCase("version-v3", leafWorld, func(c *cert) { c.version = 1 }),
		leafCase("csr-version", csrWorld, func(c *cert) { c.version = 2 }),
		leafCase("serial-positive", leafWorld, func(c *cert) { c.serial = []byte{0xff, 0x01} }),
		leafCase("serial-length", leafWorld, func(c *cert) { c.serial = bytes.Repeat([]byte{0x11}, 21) }),

		leafCase("signature-hash", leafWorld, func(c *cert) {
			c.inner = algorithm("1.2.840.10045.4.1")
			c.outer = c.inner
		}),
		leafCase("signature-algorithm", leafWorld, func(c *cert) {
			c.inner = algorithm("1.3.101.112")
			c.outer = c.inner
		}),
		leafCase("signature-rsa", leafWorld, func(c *cert) {
			c.inner = algorithm("1.2.840.113549.1.1.11", 5, 0)
			c.outer = c.inner
		}),
		leafCase("signature-algorithms-differ", leafWorld, func(c *cert) { c.inner = algorithm("1.2.840.10045.4.3.3") }),
		leafCase("self-signed", leafWorld, func(c *cert) { c.issuer = c.subject }),

		leafCase("key-rsa", leafWorld, func(c *cert) { c.key(rsaSPKI(3072)) }),
		leafCase("key-of-profile", riWorld, func(c *cert) { c.key(ecSPKI(elliptic.P384(), "p384")) }),
		leafCase("key-rsa-size", leafWorld, func(c *cert) { c.key(rsaSPKI(1024)) }),
		leafCase("key-rsa-short", leafWorld, func(c *cert) { c.key(rsaSPKI(2048)) }).without("key-rsa"),
		leafCase("key-curve", leafWorld, func(c *cert) { c.key(ecSPKI(elliptic.P521(), "p521")) }),
		leafCase("key-algorithm", leafWorld, func(c *cert) {
			c.key(seq(algorithm("1.3.101.112"), wrap(3, []byte{0}, bytes.Repeat([]byte{7}, 32))))
		}),
		leafCase("key-point", leafWorld, func(c *cert) {
			bent := bytes.Clone(c.spki)
			bent[len(bent)-1] ^= 1
			c.key(bent)
		}),
		leafCase("key-of-issuer", chainWorld, func(c *cert) { c.key(newCA().spki) }),

		leafCase("subject-country", csrWorld, func(c *cert) { c.subject = seq(organization(homeDomain)) }),
		leafCase("subject-country-form", csrWorld, func(c *cert) { c.subject = seq(country("Sweden"), organization(homeDomain)) }),
		leafCase("subject-country-case", csrWorld, func(c *cert) { c.subject = seq(country("se"), organization(homeDomain)) }),
		leafCase("subject-organization", csrWorld, func(c *cert) { c.subject = seq(country("SE")) }),
		leafCase("subject-home-domain", csrWorld, func(c *cert) { c.subject = seq(country("SE"), organization("Example Telecom")) }),
		leafCase("subject-order", csrWorld, func(c *cert) { c.subject = seq(organization(homeDomain), country("SE")) }),
		leafCase("subject-common-name", csrWorld, func(c *cert) {
			c.subject = seq(country("SE"), organization(homeDomain), commonName("amf1"))
		}),
		leafCase("subject-attributes", csrWorld, func(c *cert) {
			c.subject = seq(country("SE"), organization(homeDomain), attr("2.5.4.11", utf8String, "Core"))
		}),
		leafCase("subject-repeated", csrWorld, func(c *cert) {
			c.subject = seq(country("SE"), organization(homeDomain), organization("Example Telecom"))
		}),
		leafCase("subject-joined", csrWorld, func(c *cert) {
			c.subject = seq(wrap(0x31,
				seq(oidDER(nf.OIDCountry), wrap(printableString, []byte("SE"))),
				seq(oidDER(nf.OIDOrganization), wrap(printableString, []byte(homeDomain)))))
		}),

		leafCase("validity-years", leafWorld, func(c *cert) { c.validTo = date(2036, 1, 1) }),
		leafCase("validity-order", leafWorld, func(c *cert) { c.validTo = date(2025, 1, 1) }),
		{rule: "validity-expired", from: leafWorld, bend: func(w *world) { w.now = time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC) }},
		{rule: "validity-not-yet", from: leafWorld, bend: func(w *world) { w.now = time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC) }},
		{rule: "validity-ends-soon", from: leafWorld, bend: func(w *world) { w.now = time.Date(2026, 12, 20, 0, 0, 0, 0, time.UTC) }},
	}
}

// usageCases change keyUsage, extKeyUsage and basicConstraints.
func usageCases() []kase {
	usage := func(bits ...int) func(*cert) {
		return func(c *cert) { c.ext(nf.OIDKeyUsage).value = keyUsage(bits...) }
	}
	purpose := func(oids ...nf.OID) func(*cert) {
		return func(c *cert) { c.ext(nf.OIDExtKeyUsage).value = purposes(oids...) }
	}
	return []kase{
		leafCase("key-usage-missing", csrWorld, func(c *cert) { c.drop(nf.OIDKeyUsage) }),
		leafCase("key-usage-critical", csrWorld, func(c *cert) { c.ext(nf.OIDKeyUsage).critical = 0 }),
		leafCase("key-usage-bits", csrWorld, usage(4)),
		leafCase("key-usage-of-ca", csrWorld, usage(0, 5)),
		leafCase("key-usage-ec-encipherment", csrWorld, usage(0, 2)),
		leafCase("leaf-is-ca", csrWorld, func(c *cert) { c.add(nf.OIDBasicConstraints, 0xff, seq([]byte{1, 1, 0xff})) }),

		leafCase("eku-missing", csrWorld, func(c *cert) { c.drop(nf.OIDExtKeyUsage) }),
		leafCase("eku-critical", csrWorld, func(c *cert) { c.ext(nf.OIDExtKeyUsage).critical = 0xff }),
		leafCase("eku-role", nrfWorld, purpose(nf.UsageServerAuth)),
		leafCase("eku-any", csrWorld, purpose(nf.UsageClientAuth, nf.UsageServerAuth, nf.UsageAnyExtendedKeyUsage)),
		leafCase("eku-unexpected", csrWorld, purpose(nf.UsageClientAuth, nf.UsageServerAuth, "1.3.6.1.5.5.7.3.3")),

		leafCase("eku-jwt-key-usage", ccaWorld, usage(4)),
		leafCase("eku-token-key-usage", tokenWorld, usage(4)),
		leafCase("eku-encrypt-key-usage", encryptWorld, usage(0)),
		leafCase("eku-jwt-encipherment", ccaWorld, func(c *cert) {
			c.key(rsaSPKI(3072)) // key-usage-ec-encipherment is for EC keys
			usage(0, 2)(c)
		}).with("only an RSA key enciphers", "key-rsa"),
		leafCase("eku-tls-mixed", ccaWorld, purpose(nf.UsageJWT, nf.UsageClientAuth)),
		leafCase("eku-purposes-mixed", tokenWorld, func(c *cert) {
			purpose(nf.UsageJWT, nf.UsageOAuthAccessTokenSigning)(c)
		}),
		leafCase("eku-token-not-nrf", tokenWorld, func(c *cert) {
			c.names(dns(fqdn), uri(instance))
			c.ext(nf.OIDNFTypes).value = types("AMF")
		}),
		leafCase("eku-encrypt-not-sepp", encryptWorld, func(c *cert) {
			c.names(dns(fqdn), uri(instance))
			c.ext(nf.OIDNFTypes).value = types("AMF")
		}),
		leafCase("cca-instance-id", ccaWorld, func(c *cert) { c.names(dns(fqdn)) }),
	}
}

// typeCases change nfTypes.
func typeCases() []kase {
	value := func(der []byte) func(*cert) {
		return func(c *cert) { c.ext(nf.OIDNFTypes).value = der }
	}
	return []kase{
		leafCase("nf-types-missing", csrWorld, func(c *cert) { c.drop(nf.OIDNFTypes) }),
		leafCase("nf-types-critical", csrWorld, func(c *cert) { c.ext(nf.OIDNFTypes).critical = 0xff }),
		leafCase("nf-types-malformed", csrWorld, value(wrap(ia5String, []byte("AMF")))),
		leafCase("nf-types-empty", csrWorld, value(seq())),
		leafCase("nf-types-string", csrWorld, value(seq(wrap(printableString, []byte("AMF"))))),
		leafCase("nf-types-characters", csrWorld, value(types("AMF", "A MF"))).with("a space sorts before letters", "nf-types-order"),
		leafCase("nf-types-length", csrWorld, value(types("AMF", "AMF_OF_MORE_THAN_THIRTYTWO_CHARACTERS"))),
		leafCase("nf-types-repeated", csrWorld, value(types("AMF", "AMF"))),
		leafCase("nf-types-order", csrWorld, value(types("AMF", "5G_EIR"))),
		leafCase("nf-types-unknown", csrWorld, value(types("AMF", "X_PROBE"))),
		leafCase("nf-types-spelling", csrWorld, value(types("5G-EIR", "AMF"))),
		{rule: "nf-types-of-profile", from: leafWorld, bend: func(w *world) { w.profile = "nrf-tls" }},
		leafCase("nf-types-many", csrWorld, value(types("AMF", "AUSF", "SMF", "UDM", "UDR"))),
	}
}
