package lint

import (
	"strings"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// issuedRules compare a certificate with the request that it was issued for.
func issuedRules() []Rule {
	const fix = "ask the CA why, and have it copy what the profile demands (openssl: -copy_extensions copyall; in ACME another --acme-profile); what it never will, leave out by nfcert csr --omit"
	return []Rule{{
		ID: "issued-key", Field: nf.FieldPublicKey, scope: onLeaf, Level: nf.Shall, Clause: "RFC 8555 7.4",
		Title: "the certificate is for another key than the request's",
		Why:   "The NF has not got the private key, and cannot use it.",
		Fix:   "find the request that belongs to the certificate, or order again with this one: nfcert csr, nfcert order, nfcert finalize",
		Good:  "the same public key", Bad: "another",
		check: issued(func(d *inspect.Difference) bool { return d.Field == string(nf.FieldPublicKey) }),
	}, {
		ID: "issued-dropped", Field: inspect.FieldExtensions, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1",
		Title: "the CA dropped what was asked for",
		Why:   "What the profile demands is missing from the certificate, though the request was right.",
		Fix:   fix,
		Good:  "nfTypes in request and certificate", Bad: "nfTypes in the request alone",
		check: issued(func(d *inspect.Difference) bool {
			return d.Field != string(nf.FieldPublicKey) && d.Requested != "" && d.Issued == ""
		}),
	}, {
		ID: "issued-changed", Field: inspect.FieldExtensions, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1",
		Title: "the CA changed what was asked for",
		Why:   "The certificate says something else than the NF asked for, often the mark critical.",
		Fix:   fix,
		Good:  "subjectAltName critical in both", Bad: "critical in the request, non-critical in the certificate",
		check: issued(func(d *inspect.Difference) bool {
			return d.Field != string(nf.FieldPublicKey) && d.Requested != "" && d.Issued != ""
		}),
	}, {
		ID: "issued-added", Field: inspect.FieldExtensions, scope: onLeaf, Level: nf.Should, Clause: "TS 33.310 6.1",
		Title: "the CA added what was not asked for",
		Why:   "A name or a purpose more lets the key pass for more than the NF is.",
		Fix:   "ask the CA why; a CA that adds names of its own (a CN, a second DNS name) can mostly be told not to",
		Good:  "the names of the request", Bad: "one more",
		check: issued(func(d *inspect.Difference) bool { return d.Requested == "" && d.Issued != "" }),
	}}
}

// issued reports the differences from the request of that kind, each by its own
// clause and severity.
func issued(of func(*inspect.Difference) bool) func(*Subject, *report) {
	return func(s *Subject, r *report) {
		if s.Request == nil {
			return
		}
		if s.differences == nil {
			s.differences = inspect.Compare(s.Profile, s.Request, s.Contents)
		}
		for i := range s.differences {
			d := &s.differences[i]
			if !of(d) {
				continue
			}
			row := nf.Field{Name: nf.FieldName(d.Field), Level: levelOf(d.Severity), Clause: d.Clause, Confidence: nf.Read}
			if profile, ok := s.Profile.Field(nf.FieldName(strings.TrimSuffix(d.Field, ".critical"))); ok && d.Severity != inspect.Error {
				row.Confidence = profile.Confidence // an error has been weighed by it already
			}
			if row.Clause == "" {
				row.Clause = r.rule.Clause
			}
			r.hitRow(row, d.Issued, d.Requested, "%s: requested %.100q, issued %.100q", d.Field, d.Requested, d.Issued)
		}
	}
}

// levelOf turns the severity of a difference back into a level.
func levelOf(s inspect.Severity) nf.Level {
	switch s {
	case inspect.Error:
		return nf.Shall
	case inspect.Warning:
		return nf.Should
	}
	return nf.Advice
}
