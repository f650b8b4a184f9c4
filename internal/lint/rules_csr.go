package lint

import (
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// csrRules check what only a certificate request has.
func csrRules() []Rule {
	return []Rule{{
		ID: "csr-signature", Field: nf.FieldSignature, scope: onRequest, Level: nf.Shall, Clause: "RFC 2986 4.2",
		Title: "the CSR is not signed with its own key",
		Why:   "The signature proves possession of the private key. CAs refuse the CSR (RFC 8555 7.4: badCSR).",
		Fix:   "create the CSR again with the right key: nfcert csr --key-in KEY; it was changed after signing, or signed with another key",
		Good:  "openssl req -verify: OK", Bad: "openssl req -verify: verify failure",
		check: when(func(s *Subject) bool { return verify(s.Contents, s.Contents) == forged },
			nothing, "a signature by the key in the CSR", "the signature does not match the public key in the CSR"),
	}, {
		ID: "csr-extension-request", Field: inspect.FieldAttributes, scope: onRequest, Level: nf.Shall, Clause: "RFC 2985 5.4.2",
		Title: "extensionRequest appears more than once",
		Why:   "The attribute has one value. CAs read the first and ignore the others, or refuse the CSR.",
		Fix:   "use nfcert csr, which writes one; in openssl.cnf put all extensions into one req_extensions section",
		Good:  "one extensionRequest with all extensions", Bad: "two extensionRequests",
		check: func(s *Subject, r *report) {
			values := 0
			for _, a := range s.Attributes {
				if a.Name == "extensionRequest" {
					values += a.Values
				}
			}
			if values > 1 {
				r.hit("", "one", "the CSR has %d extensionRequest values, want one", values)
			}
		},
	}, {
		ID: "csr-extensions-missing", Field: inspect.FieldAttributes, scope: onRequest, Level: nf.Advice, grave: true, Clause: "TS 33.310 6.1",
		Title: "the CSR requests no extensions",
		Why:   "The CA checks that the CSR fits the profile. Without extensions it must guess names, usages and NF types.",
		Fix:   "use nfcert csr --profile NAME, which requests them all; with openssl req -new use -config with req_extensions, or -addext",
		Good:  "extensionRequest with subjectAltName, keyUsage, extKeyUsage, nfTypes", Bad: "openssl req -new -subj /CN=amf",
		check: when(func(s *Subject) bool {
			return len(s.Extensions) == 0 && s.Raw.PublicKeyInfo != nil && !s.unread(inspect.FieldExtensions) && !s.free
		},
			nothing, "extensionRequest", "the CSR requests no extensions, want an extensionRequest"),
	}, {
		ID: "csr-challenge-password", Field: inspect.FieldAttributes, scope: onRequest, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "the CSR contains a challenge password",
		Why:   "Anyone with the file can read it. ACME does not use it.",
		Fix:   "omit it, as nfcert csr does; in openssl.cnf delete challengePassword from the req_attributes section",
		Good:  "no challengePassword", Bad: "challengePassword = secret123",
		check: func(s *Subject, r *report) {
			for _, a := range s.Attributes {
				if a.Name == "challengePassword" {
					r.hit("", "", "the CSR contains a challenge password in clear text, want none")
				}
			}
		},
	}, {
		ID: "csr-attribute-unknown", Field: inspect.FieldAttributes, scope: onRequest, Level: nf.Advice, Clause: "ours",
		Title: "the CSR has an attribute that CAs ignore",
		Why:   "In ACME only extensionRequest has a meaning. Other attributes show which tool created the CSR.",
		Fix:   "ignore this, or use nfcert csr, which writes no such attribute",
		Good:  "only extensionRequest", Bad: "1.3.6.1.4.1.311.13.2.3 (Windows version)",
		check: func(s *Subject, r *report) {
			for _, a := range s.Attributes {
				if a.Name != "extensionRequest" && a.Name != "challengePassword" {
					r.hit(string(a.OID), "", "the CSR has the attribute %s, which CAs ignore", a.OID)
				}
			}
		},
	}, {
		ID: "csr-issuer-extensions", Field: inspect.FieldExtensions, scope: onRequest, Level: nf.Advice, Clause: "TS 33.310 6.1.3c.3",
		Title: "the CSR requests extensions that the CA sets",
		Why:   "Only the CA knows its key identifier, CRLs and authority information. Some CAs refuse a CSR with them.",
		Fix:   "omit them, as nfcert csr does; delete authorityKeyIdentifier, crlDistributionPoints and authorityInfoAccess from req_extensions",
		Good:  "subjectAltName, keyUsage, extKeyUsage, nfTypes", Bad: "crlDistributionPoints in the CSR",
		check: func(s *Subject, r *report) {
			for _, e := range s.Extensions {
				switch e.OID {
				case nf.OIDAuthorityKeyID, nf.OIDCRLDistribution, nf.OIDAuthorityInfoAccess:
					r.hitField(nf.FieldName(e.Name), e.Name, "", "the CSR requests %s, which the CA sets", e.Name)
				}
			}
		},
	}}
}
