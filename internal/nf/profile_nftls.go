package nf

import (
	"cmp"
	"crypto/x509"
	"slices"
)

// nfTable is the clause of the NF certificate profile.
const nfTable = "TS 33.310 6.1.3c.3"

// nfFields is the table of an NF's TLS certificate (TS 33.310 table 6.1.3c.3-1,
// read in v18.2.0 and v19.1.0). It also contains the general rules of 6.1.1 and
// the exceptions for the SBA of 6.1.3c.2. A row without other values is mandatory,
// by the table, which says shall and was read.
func nfFields() []Field {
	fields := []Field{
		{Name: FieldVersion, Rule: "v3", Clause: "TS 33.310 6.1.1"},
		{Name: FieldSerialNumber, Rule: "positive, unique at the issuer, at most 20 octets"},
		{Name: FieldSignature, Rule: "SHA-256 or stronger; ECDSA recommended, RSA need not be supported", Clause: "TS 33.310 6.1.3c.2"},
		{Name: FieldPublicKey, Rule: "EC; RSA need not be supported. We advise P-256 or P-384", Requested: true, Clause: "TS 33.310 6.1.3c.2", Level: Should},
		{Name: FieldIssuer, Rule: "the CA of the operator's domain, directly"},
		{Name: FieldValidity, Rule: "3 years or less"},
		{Name: FieldSubject, Rule: "C, then O; the table lists no other attribute", Requested: true},
		{Name: FieldCountry, Rule: "country, 2 letters", Requested: true},
		{Name: FieldOrganization, Rule: "home network domain, for example 5gc.mnc001.mcc001.3gppnetwork.org (TS 23.003 28.2)", Requested: true},
		{Name: FieldKeyUsage, Critical: Critical, Rule: "digitalSignature", Requested: true},
		{Name: FieldExtKeyUsage, Critical: NonCritical, Rule: "clientAuth for a client, serverAuth for a server, both for an NF that is both", Requested: true},
		{Name: FieldAuthorityKeyID, Critical: NonCritical, Rule: "the issuer's subjectKeyIdentifier, by method 1 of RFC 5280 4.2.1.2"},
		{Name: FieldSubjectKeyID, Presence: Optional, Critical: NonCritical, Rule: "method 1 of RFC 5280 4.2.1.2"},
		{Name: FieldCRL, Critical: NonCritical, Rule: "distributionPoint with an LDAP or HTTP URI"},
		{Name: FieldSubjectAltName, Critical: Critical, Rule: "at least one name", Requested: true},
		{Name: FieldDNS, Presence: Optional, Rule: "FQDNs of the NF, syntax of TS 29.571 Fqdn",
			Requested: true, Clause: "RFC 9310 Appendix B", Level: Should, Confidence: Secondary},
		{Name: FieldInstanceURI, Rule: "urn:uuid: and the NF instance ID (TS 29.571 5.3.2); producers compare it with the sub of the access token (TS 33.501 13.4.1.1.2)",
			Requested: true, Confidence: Quoted},
		{Name: FieldURI, Presence: Optional, Rule: "further URI names, after the instance's",
			Requested: true, Clause: "TS 33.310 6.1.3c", Level: Advice, Confidence: Unverified},
		{Name: FieldNFTypes, Critical: NonCritical, Rule: "the NF types as IA5String, in ascending order, each once (RFC 9310 section 3)", Requested: true},
		{Name: FieldAIA, Presence: Optional, Critical: NonCritical, Rule: "id-ad-caIssuers"},
	}
	for i := range fields {
		f := &fields[i]
		f.Presence, f.Clause = cmp.Or(f.Presence, Mandatory), cmp.Or(f.Clause, nfTable)
		f.Level, f.Confidence = cmp.Or(f.Level, Shall), cmp.Or(f.Confidence, Read)
	}
	return fields
}

// nfTLS is the profile of an NF that is a client and a server.
func nfTLS() Profile {
	return Profile{
		Name: "nf-tls", Title: "NF TLS client and server", Clause: nfTable, Fields: nfFields(),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsages: []OID{UsageClientAuth, UsageServerAuth},
		MaxYears:     3,
	}
}

// nfTLSClient is the profile of an NF that only consumes services.
func nfTLSClient() Profile {
	p := nfTLS()
	p.Name, p.Title = "nf-tls-client", "NF TLS client"
	p.ExtKeyUsages = []OID{UsageClientAuth}
	p.set(FieldExtKeyUsage, func(f *Field) { f.Rule = "clientAuth; also serverAuth if the NF is a server too" })
	return p
}

// nfTLSServer is the profile of an NF that only produces services. Its dNSName is
// mandatory because clients check it.
func nfTLSServer() Profile {
	p := nfTLS()
	p.Name, p.Title = "nf-tls-server", "NF TLS server"
	p.ExtKeyUsages = []OID{UsageServerAuth}
	p.set(FieldExtKeyUsage, func(f *Field) { f.Rule = "serverAuth; also clientAuth if the NF is a client too" })
	p.set(FieldDNS, func(f *Field) { f.Presence = Mandatory })
	p.set(FieldInstanceURI, func(f *Field) { f.Rule = "urn:uuid: and the NF instance ID (TS 29.571 5.3.2)" })
	return p
}

// nrfTLS is the profile of the NRF, which is an NF in 6.1.3c.
func nrfTLS() Profile {
	p := nfTLS()
	p.Name, p.Title, p.NFType = "nrf-tls", "NRF TLS client and server", "NRF"
	p.set(FieldDNS, func(f *Field) {
		f.Rule = "\"nrf.\" and the home network domain, or another FQDN of the NRF (TS 23.003 28.3.2.3.2)"
	})
	return p
}

// set changes one row, if the profile has it.
func (p *Profile) set(name FieldName, change func(*Field)) {
	if f := p.row(name); f != nil {
		change(f)
	}
}

// unread marks the rows of the NF's table as unverified: they are copied to
// another kind of certificate, whose table in 6.1.3c we have not read. The general
// rules for the whole SBA keep their level and confidence.
func (p *Profile) unread() {
	for i := range p.Fields {
		if f := &p.Fields[i]; f.Clause == nfTable {
			f.Clause, f.Level, f.Confidence = "TS 33.310 6.1.3c", Should, Unverified
		}
	}
}

// proxy is for the SCP and the SEPP, whose tables we have not read. We know from
// TR 33.876, which cites the clause and says "should", that their certificates have
// the instance ID too.
func (p *Profile) proxy() {
	p.set(FieldInstanceURI, func(f *Field) {
		f.Rule = "urn:uuid: and the NF instance ID (TS 29.571 5.3.2)"
		f.Clause, f.Level, f.Confidence = "TS 33.310 6.1.3c", Should, Secondary
	})
}

// drop removes rows.
func (p *Profile) drop(names ...FieldName) {
	p.Fields = slices.DeleteFunc(p.Fields, func(f Field) bool { return slices.Contains(names, f.Name) })
}
