package nf

import "crypto/x509"

// signing is the common part of the certificates whose keys sign or encrypt for
// the application. RFC 9509 defines their usages. TS 33.310 has a table for those
// that sign, 6.1.3c.3-2, of which we know a few rows from a text that quotes it. The
// other rows are copied from the NF's table.
func signing(name, title, clause string, usage OID) Profile {
	p := nfTLS()
	p.Name, p.Title, p.Clause = name, title, clause
	p.ExtKeyUsages = []OID{usage}
	p.unread()
	p.set(FieldPublicKey, func(f *Field) {
		f.Rule, f.Clause, f.Confidence = "EC P-256 for ES256 (JWS profile of TS 33.210 6.3.3)", clause, Unverified
	})
	p.set(FieldExtKeyUsage, func(f *Field) {
		f.Rule = "only " + UsageName(usage) + "; critical or not, the issuer decides"
		f.Critical, f.Clause, f.Level, f.Confidence = "", "RFC 9509 section 3", Should, Read
	})
	p.set(FieldNFTypes, func(f *Field) {
		f.Presence, f.Clause, f.Level, f.Confidence = Optional, "RFC 9310 section 3", Should, Read
	})
	p.set(FieldDNS, func(f *Field) {
		f.Rule = "if the CA issues only for an FQDN that it can validate"
		f.Clause, f.Level, f.Confidence = clause, Advice, Unverified
	})
	p.set(FieldInstanceURI, func(f *Field) { f.Clause, f.Level, f.Confidence = clause, Should, Unverified })
	p.signs()
	return p
}

// signs sets the keyUsage for signatures.
func (p *Profile) signs() {
	p.KeyUsage, p.EitherKeyUsage = x509.KeyUsageDigitalSignature, x509.KeyUsageContentCommitment
	p.set(FieldKeyUsage, func(f *Field) {
		f.Rule, f.Clause, f.Confidence = "digitalSignature or nonRepudiation", "RFC 9509 section 3", Read
	})
}

// ccaSigning is the profile of an NF that signs its client credentials
// assertions. Verifiers compare the instance IDs of certificate and assertion.
func ccaSigning() Profile {
	p := signing("cca-signing", "NF signing of client credentials assertions (CCA)", "TS 33.501 13.3.8.2", UsageJWT)
	p.set(FieldKeyUsage, func(f *Field) {
		f.Rule = "digitalSignature (TS 33.310 table 6.1.3c.3-2, as others quote it); RFC 9509 allows nonRepudiation too"
	})
	p.set(FieldInstanceURI, func(f *Field) {
		f.Rule = "urn:uuid: and the NF instance ID; verifiers compare it with the sub of the assertion (TS 33.501 13.3.8.3)"
		f.Clause, f.Level, f.Confidence = nfTable, Shall, Quoted
	})
	return p
}

// nrfTokenSigning is the profile of an NRF that signs access tokens.
func nrfTokenSigning() Profile {
	p := signing("nrf-token-signing", "NRF signing of access tokens", "TS 33.501 13.4.1", UsageOAuthAccessTokenSigning)
	p.NFType = "NRF"
	p.set(FieldInstanceURI, func(f *Field) {
		f.Rule = "urn:uuid: and the instance ID of the NRF, which is the iss of the token"
		f.Clause, f.Level, f.Confidence = nfTable, Shall, Quoted
	})
	return p
}

// n32Encryption is the profile of a SEPP that encrypts JSON for other SEPPs.
// Today's N32-f agrees its keys in TLS (TS 33.501 13.2.4.4.0) and does not need
// this profile.
func n32Encryption() Profile {
	p := signing("n32-encryption", "SEPP encryption of HTTP messages (JWE)", "RFC 9509 section 3", UsageHTTPContentEncrypt)
	p.NFType = "SEPP"
	p.KeyUsage, p.EitherKeyUsage = x509.KeyUsageKeyEncipherment, 0
	p.Keys = []string{"RSA3072", "RSA4096"}
	p.set(FieldKeyUsage, func(f *Field) { f.Rule = "keyEncipherment" })
	p.set(FieldPublicKey, func(f *Field) {
		f.Rule, f.Clause = "RSA, because keyEncipherment is for RSAES-OAEP; the clause does not mention ECDH", "RFC 9509 section 3"
	})
	p.set(FieldInstanceURI, func(f *Field) { f.Presence = Optional })
	return p
}

// riSigning is the profile of a roaming intermediary that signs its changes to
// N32-f messages. We have not read the form of its names.
func riSigning() Profile {
	const clause = "TS 33.501 13.2.4.9"
	p := signing("ri-signing", "Roaming intermediary signing of N32-f changes (ES256)", clause, "")
	p.ExtKeyUsages, p.EitherKeyUsage = nil, 0
	p.Keys = []string{"P256"}
	p.drop(FieldExtKeyUsage, FieldNFTypes, FieldCountry, FieldOrganization, FieldInstanceURI)
	p.set(FieldPublicKey, func(f *Field) {
		f.Rule, f.Clause, f.Level, f.Confidence = "EC P-256: SEPPs and intermediaries use only ES256", clause, Shall, Read
	})
	p.set(FieldKeyUsage, func(f *Field) { f.Rule, f.Clause, f.Confidence = "digitalSignature", clause, Unverified })
	p.set(FieldSubject, func(f *Field) { f.Rule = "the name of the provider; from --subject" })
	p.set(FieldSubjectAltName, func(f *Field) { f.Critical = "" })
	p.set(FieldDNS, func(f *Field) { f.Rule = "the intermediary's FQDNs" })
	return p
}

// custom is not a profile of a standard: flags set everything.
func custom() Profile {
	row := func(name FieldName, c Criticality, rule string) Field {
		return Field{Name: name, Presence: Optional, Critical: c, Rule: rule, Requested: true, Clause: "ours", Level: Advice, Confidence: Read}
	}
	return Profile{
		Name: "custom", Title: "Only what the flags set", Clause: "ours",
		Fields: []Field{
			row(FieldPublicKey, "", "any key"),
			row(FieldSubject, "", "--subject, in the given order; empty without it"),
			row(FieldSubjectAltName, Critical, "--fqdn, --uri, --nf-instance-id, --ip, --email, --other-name"),
			row(FieldDNS, "", "--fqdn, which may be a wildcard"),
			row(FieldInstanceURI, "", "--nf-instance-id"),
			row(FieldURI, "", "--uri"),
			row(FieldKeyUsage, Critical, "--key-usage"),
			row(FieldExtKeyUsage, NonCritical, "--usage, by name or OID"),
			row(FieldNFTypes, NonCritical, "--nf-type"),
		},
		Wildcard: true,
	}
}
