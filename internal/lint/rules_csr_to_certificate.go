package lint

import (
	"cmp"
	"strings"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// csrToCertificateRules compare a certificate with the CSR that it was issued
// for, as in --against FILE.
func csrToCertificateRules() []Rule {
	const fix = "ask the CA for the reason, and have it copy what the profile requires (openssl: -copy_extensions copyall; in ACME another --acme-profile); omit what it never issues with nfcert csr --omit"
	return []Rule{{
		ID: "issued-key", Field: nf.FieldPublicKey, scope: onLeaf, Level: nf.Shall, Clause: "RFC 8555 7.4",
		Title: "the certificate is for a different key than the CSR",
		Why:   "The NF does not have the private key and cannot use the certificate.",
		Fix:   "find the CSR that belongs to the certificate, or order again with this one: nfcert csr, nfcert order, nfcert finalize",
		Good:  "the same public key", Bad: "another public key",
		check: issued(isKey),
	}, {
		ID: "issued-dropped", Field: inspect.FieldExtensions, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1",
		Title: "the CA dropped something that the CSR requests",
		Why:   "The certificate lacks it although the CSR was right.",
		Fix:   fix,
		Good:  "nfTypes in CSR and certificate", Bad: "nfTypes only in the CSR",
		check: issued(func(d *inspect.Difference) bool { return !isKey(d) && d.Requested != "" && d.Issued == "" }),
	}, {
		ID: "issued-changed", Field: inspect.FieldExtensions, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1",
		Title: "the CA changed something that the CSR requests",
		Why:   "The certificate differs from what the NF requested, often in whether an extension is critical.",
		Fix:   fix,
		Good:  "subjectAltName critical in both", Bad: "critical in the CSR, non-critical in the certificate",
		check: issued(func(d *inspect.Difference) bool { return !isKey(d) && d.Requested != "" && d.Issued != "" }),
	}, {
		ID: "issued-added", Field: inspect.FieldExtensions, scope: onLeaf, Level: nf.Should, Clause: "TS 33.310 6.1",
		Title: "the CA added something that the CSR does not request",
		Why:   "With an additional name or purpose the key can be used for more than the NF.",
		Fix:   "ask the CA for the reason; most CAs that add names (a CN, a second DNS name) can be configured not to",
		Good:  "the names of the CSR", Bad: "one more",
		check: issued(func(d *inspect.Difference) bool { return d.Requested == "" && d.Issued != "" }),
	}}
}

func isKey(d *inspect.Difference) bool { return d.Field == string(nf.FieldPublicKey) }

// issued reports the differences from the CSR that match, each with its own
// clause and severity.
func issued(match func(*inspect.Difference) bool) func(*Subject, *report) {
	levels := map[inspect.Severity]nf.Level{inspect.Error: nf.Shall, inspect.Warning: nf.Should, inspect.Info: nf.Advice}
	return func(s *Subject, r *report) {
		if s.Request == nil {
			return
		}
		if s.differences == nil {
			s.differences = inspect.Compare(s.Profile, s.Request, s.Contents)
		}
		for i := range s.differences {
			d := &s.differences[i]
			if !match(d) {
				continue
			}
			row := nf.Field{Name: nf.FieldName(d.Field), Level: levels[d.Severity], Clause: cmp.Or(d.Clause, r.rule.Clause), Confidence: nf.Read}
			if profile, ok := s.Profile.Field(nf.FieldName(strings.TrimSuffix(d.Field, ".critical"))); ok && d.Severity != inspect.Error {
				row.Confidence = profile.Confidence // CompareAs has already applied it to an error
			}
			r.hitRow(row, d.Issued, d.Requested, "%s: requested %.100q, issued %.100q", d.Field, d.Requested, d.Issued)
		}
	}
}
