package lint

import (
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// requestRules judge what only a request has.
func requestRules() []Rule {
	return []Rule{{
		ID: "csr-signature", Field: nf.FieldSignature, scope: onRequest, Level: nf.Shall, Clause: "RFC 2986 4.2",
		Title: "the request is not signed by its own key",
		Why:   "The signature proves that who asks has the key. CAs refuse the request (RFC 8555 7.4: badCSR).",
		Fix:   "make the request anew with the key that belongs to it: nfcert csr --key-in KEY; it was changed after signing, or signed with another",
		Good:  "openssl req -verify: OK", Bad: "openssl req -verify: verify failure",
		check: func(s *Subject, r *report) {
			if verify(s.Contents, s.Contents) == forged {
				r.hit("", "a signature by the key in the request", "the signature is not by the key of the request")
			}
		},
	}, {
		ID: "csr-extension-request", Field: inspect.FieldAttributes, scope: onRequest, Level: nf.Shall, Clause: "RFC 2985 5.4.2",
		Title: "extensionRequest stands more than once",
		Why:   "The attribute has one value. CAs read the first and drop what is in the others, or refuse the request.",
		Fix:   "nfcert csr writes one; put all extensions into one req_extensions section of openssl.cnf",
		Good:  "one extensionRequest with all extensions", Bad: "two extensionRequests",
		check: func(s *Subject, r *report) {
			values := 0
			for i := range s.Attributes {
				if s.Attributes[i].Name == "extensionRequest" {
					values += s.Attributes[i].Values
				}
			}
			if values > 1 {
				r.hit("", "one", "extensionRequest stands %d times", values)
			}
		},
	}, {
		ID: "csr-extensions-missing", Field: inspect.FieldAttributes, scope: onRequest, Level: nf.Advice, grave: true, Clause: "TS 33.310 6.1",
		Title: "the request asks for no extensions",
		Why:   "The CA checks that the request suits the profile; here it must guess names, usages and NF types.",
		Fix:   "nfcert csr --profile asks for all; with openssl req -new give -config with req_extensions, or -addext",
		Good:  "extensionRequest with subjectAltName, keyUsage, extKeyUsage, nfTypes", Bad: "openssl req -new -subj /CN=amf",
		check: func(s *Subject, r *report) {
			if len(s.Extensions) == 0 && s.Raw.PublicKeyInfo != nil && !s.unread(inspect.FieldExtensions) && !s.free {
				r.hit("", "extensionRequest", "the request asks for no extensions")
			}
		},
	}, {
		ID: "csr-challenge-password", Field: inspect.FieldAttributes, scope: onRequest, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "the request carries a challenge password",
		Why:   "It stands there for everybody who sees the file. ACME does not use it.",
		Fix:   "leave it empty: delete challengePassword from the req_attributes section of openssl.cnf; nfcert csr writes none",
		Good:  "no challengePassword", Bad: "challengePassword = secret123",
		check: func(s *Subject, r *report) {
			for i := range s.Attributes {
				if s.Attributes[i].Name == "challengePassword" {
					r.hit("", "", "the request carries a challenge password in the clear")
				}
			}
		},
	}, {
		ID: "csr-attribute-unknown", Field: inspect.FieldAttributes, scope: onRequest, Level: nf.Advice, Clause: "ours",
		Title: "the request has an attribute that CAs ignore",
		Why:   "Only extensionRequest has a meaning in ACME; the rest shows which tool made the request.",
		Fix:   "nothing need be done; nfcert csr writes none",
		Good:  "extensionRequest alone", Bad: "1.3.6.1.4.1.311.13.2.3 (Windows version)",
		check: func(s *Subject, r *report) {
			for i := range s.Attributes {
				if a := &s.Attributes[i]; a.Name != "extensionRequest" && a.Name != "challengePassword" {
					r.hit(string(a.OID), "", "attribute %s is ignored by CAs", a.OID)
				}
			}
		},
	}, {
		ID: "csr-issuer-extensions", Field: inspect.FieldExtensions, scope: onRequest, Level: nf.Advice, Clause: "TS 33.310 6.1.3c.3",
		Title: "the request asks for what only the CA knows",
		Why:   "Key identifier of the issuer, CRLs and authority information are the CA's to put in; some CAs refuse a request with them.",
		Fix:   "leave them out: nfcert csr does; delete authorityKeyIdentifier, crlDistributionPoints and authorityInfoAccess from req_extensions",
		Good:  "subjectAltName, keyUsage, extKeyUsage, nfTypes", Bad: "crlDistributionPoints in the request",
		check: func(s *Subject, r *report) {
			for i := range s.Extensions {
				switch e := &s.Extensions[i]; e.OID {
				case nf.OIDAuthorityKeyID, nf.OIDCRLDistribution, nf.OIDAuthorityInfoAccess:
					r.hitField(nf.FieldName(e.Name), e.Name, "", "the request asks for %s, which is the CA's to put in", e.Name)
				}
			}
		},
	}}
}
