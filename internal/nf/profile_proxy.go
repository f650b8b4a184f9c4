package nf

// scpTLS is the profile of an SCP, for which 6.1.3c has a separate clause: the
// indirect communication models C and D.
func scpTLS() Profile {
	p := nfTLS()
	p.Name, p.Title, p.Clause, p.NFType = "scp-tls", "SCP TLS client and server", "TS 33.310 6.1.3c", "SCP"
	p.unread()
	p.set(FieldExtKeyUsage, func(f *Field) {
		f.Rule = "clientAuth and serverAuth: an SCP is both (TS 33.501 13.3.6, 13.3.7)"
	})
	p.proxy()
	return p
}

// seppTLS is the profile of a SEPP towards the NFs of its own network.
func seppTLS() Profile {
	p := nfTLS()
	p.Name, p.Title, p.Clause, p.NFType = "sepp-tls", "SEPP TLS within its network, with wildcard", "TS 33.310 6.1.3c", "SEPP"
	p.Wildcard = true
	p.unread()
	p.set(FieldExtKeyUsage, func(f *Field) {
		f.Rule = "clientAuth and serverAuth: a SEPP is both (TS 33.501 13.3.3, 13.3.5)"
	})
	p.set(FieldDNS, func(f *Field) {
		f.Presence, f.Level, f.Confidence, f.Clause = Mandatory, Shall, Read, "TS 33.501 13.1.1.1"
		f.Rule = "the SEPP's FQDN and a wildcard for the telescopic FQDNs below it (TS 23.003 28.5.2); the wildcard is not needed with 3gpp-Sbi-Target-apiRoot (13.1.1.2)"
	})
	p.proxy()
	return p
}

// seppN32 is the profile of a SEPP towards SEPPs of other networks.
func seppN32() Profile {
	p := nfTLS()
	p.Name, p.Title, p.Clause, p.NFType = "sepp-n32", "SEPP TLS between networks (N32), of one PLMN", "TS 33.310 6.1.3c", "SEPP"
	p.unread()
	p.set(FieldExtKeyUsage, func(f *Field) {
		f.Rule = "clientAuth and serverAuth: N32-c and N32-f are mutual TLS (TS 33.501 13.1.2)"
	})
	p.set(FieldIssuer, func(f *Field) {
		f.Rule = "a CA that is the trust anchor for this PLMN in the peer network (TS 33.501 13.1.2)"
	})
	p.set(FieldDNS, func(f *Field) {
		f.Presence, f.Level, f.Confidence, f.Clause = Mandatory, Shall, Secondary, "TS 33.501 13.1.2"
		f.Rule = "FQDNs of one PLMN, for example sepp1.sepp.5gc.mnc001.mcc001.3gppnetwork.org; a peer refuses PLMNs with different trust anchors (form from TS 33.517)"
	})
	p.proxy()
	p.set(FieldInstanceURI, func(f *Field) { f.Presence, f.Confidence = Optional, Unverified })
	return p
}

// afTLS is the profile of AF and NEF for connections outside the core. It follows
// the TLS entities of 6.1.3a, not the SBA (TS 33.501 12.2).
func afTLS() Profile {
	const entity = "TS 33.310 6.1.3a"
	p := nfTLS()
	p.Name, p.Title, p.Clause = "af-tls", "AF or NEF TLS outside the core", entity
	p.MaxYears = 0
	p.drop(FieldIssuer, FieldValidity, FieldCountry, FieldOrganization, FieldNFTypes, FieldInstanceURI)
	p.unread()
	p.set(FieldSignature, func(f *Field) {
		f.Rule, f.Clause = "SHA-256 or stronger; ECDSA or RSA, RSA not recommended", "TS 33.310 6.1.1"
	})
	p.set(FieldPublicKey, func(f *Field) { f.Rule, f.Clause = "EC or RSA", "TS 33.310 6.1.1" })
	p.set(FieldSubject, func(f *Field) {
		f.Rule = "(C), O, CN; or CN, (OU), DC, DC; from --subject"
		f.Clause, f.Confidence = "TS 33.310 6.1.1", Secondary
	})
	p.set(FieldKeyUsage, func(f *Field) { f.Clause, f.Confidence = entity, Secondary })
	p.set(FieldExtKeyUsage, func(f *Field) {
		f.Presence, f.Clause, f.Confidence = Optional, entity, Secondary
		f.Rule = "the TLS role, if the extension is present"
	})
	p.set(FieldCRL, func(f *Field) { f.Presence, f.Clause, f.Confidence = Optional, entity, Secondary })
	p.set(FieldAuthorityKeyID, func(f *Field) { f.Presence = Optional })
	p.set(FieldSubjectAltName, func(f *Field) { f.Critical = "" })
	p.set(FieldDNS, func(f *Field) {
		f.Presence, f.Clause, f.Level, f.Confidence = Mandatory, "RFC 9110 4.3.4", Should, Secondary
		f.Rule = "the names that clients connect to"
	})
	return p
}
