package lint_test

import "github.com/nfcert/nfcert/internal/nf"

// nameCases change subjectAltName.
func nameCases() []kase {
	names := func(list ...[]byte) func(*cert) { return func(c *cert) { c.names(list...) } }
	subject := func(o string) []byte { return seq(country("SE"), organization(o)) }
	return []kase{
		leafCase("san-missing", csrWorld, func(c *cert) { c.drop(nf.OIDSubjectAltName) }),
		leafCase("san-critical", csrWorld, func(c *cert) { c.ext(nf.OIDSubjectAltName).critical = 0 }),
		leafCase("san-dns-missing", csrWorld, names(uri(instance))),
		leafCase("san-repeated", csrWorld, names(dns(fqdn), dns(fqdn), uri(instance))),
		leafCase("san-ip", csrWorld, names(dns(fqdn), ip("192.0.2.1"), uri(instance))),
		leafCase("san-kind", csrWorld, names(dns(fqdn), wrap(0x81, []byte("admin@example.org")), uri(instance))),
		leafCase("san-uri-form", csrWorld, names(dns(fqdn), uri(instance), uri("amf1.example.org"))),
		leafCase("san-uri-http", csrWorld, names(dns(fqdn), uri(instance), uri("http://"+fqdn+"/"))),

		leafCase("san-nf-instance-id", csrWorld, names(dns(fqdn))),
		leafCase("san-nf-instance-id-form", csrWorld, names(dns(fqdn), uri("urn:uuid:amf1"))),
		leafCase("san-nf-instance-id-v4", csrWorld, names(dns(fqdn), uri("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"))),
		leafCase("san-nf-instance-id-case", csrWorld, names(dns(fqdn), uri("urn:uuid:4ACE9D34-2C69-4F99-92D5-A73A3FE8E23B"))),
		leafCase("san-nf-instance-id-one", csrWorld, names(dns(fqdn), uri(instance), uri("urn:uuid:5ace9d34-2c69-4f99-92d5-a73a3fe8e23b"))),

		leafCase("san-dns-syntax", csrWorld, names(dns("amf1.-."+homeDomain), dns(fqdn), uri(instance))),
		leafCase("san-dns-underscore", csrWorld, names(dns("amf_1.amf."+homeDomain), uri(instance))),
		leafCase("san-dns-trailing-dot", csrWorld, names(dns(fqdn+"."), uri(instance))),
		leafCase("san-dns-address", csrWorld, names(dns(fqdn), dns("192.0.2.1"), uri(instance))),
		leafCase("san-dns-wildcard-form", csrWorld, names(dns(fqdn), dns("amf*.amf."+homeDomain), uri(instance))),
		leafCase("san-dns-wildcard", csrWorld, names(dns("*.amf."+homeDomain), uri(instance))),
		leafCase("san-dns-wildcard-broad", seppWorld, names(dns(seppFQDN), dns("*."+homeDomain), uri(instance))),
		leafCase("san-dns-case", csrWorld, names(dns("AMF1.amf."+homeDomain), uri(instance))),

		leafCase("domain-form", csrWorld, names(dns(fqdn), dns("amf1.amf.5gc.mnc001mcc001.3gppnetwork.org"), uri(instance))),
		leafCase("domain-digits", csrWorld, func(c *cert) {
			c.names(dns("amf1.amf.5gc.mnc01.mcc001.3gppnetwork.org"), uri(instance))
			c.subject = subject("5gc.mnc01.mcc001.3gppnetwork.org")
		}),
		leafCase("domain-nid", csrWorld, func(c *cert) {
			c.names(dns("amf1.amf.5gc.nid7ed9d5.mnc001.mcc001.3gppnetwork.org"), uri(instance))
			c.subject = subject("5gc.nid7ed9d5.mnc001.mcc001.3gppnetwork.org")
		}),
		leafCase("domain-suffix", csrWorld, names(dns("amf1.amf.5gc.mnc001.mcc001.example.org"), uri(instance))),
		leafCase("san-home-domain", csrWorld, names(dns("amf1.example.org"), uri(instance))),
		leafCase("san-networks", csrWorld, names(dns(fqdn), dns("amf1.amf.5gc.mnc002.mcc001.3gppnetwork.org"), uri(instance))),
		leafCase("san-type-label", csrWorld, names(dns("smf1.smf."+homeDomain), uri(instance))),
		leafCase("san-well-known-fqdn", nrfWorld, names(dns("nrf1.nrf."+homeDomain), uri(instance))),
		leafCase("san-amf-set", csrWorld, names(dns("amf1.amfset."+homeDomain), uri(instance))),
	}
}
