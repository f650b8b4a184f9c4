package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// overlap names a rule that can report the same fault as more specific rules.
// Where one of these reports it, at the same severity or a higher one, the rule
// does not.
type overlap struct {
	rule string
	by   []string                              // the more specific rules
	same func(general, specific *Finding) bool // whether the fault is the same; nil: always
}

// overlaps lists the rules that can report the same fault. csrToCertificateRules
// overlap with most rules: mergeIssued handles these.
func overlaps() []overlap {
	return []overlap{
		{"csr-extensions-missing", []string{"key-usage-missing", "eku-missing", "san-missing", "nf-types-missing"}, nil},
		{"key-rsa", []string{"key-rsa-size"}, nil},
		{"key-rsa-short", []string{"key-rsa"}, nil},
		{"subject-home-domain", []string{"domain-form"}, sameGot},
		{"san-home-domain", []string{"domain-form", "domain-digits", "domain-nid"}, sameGot},
		{"san-home-domain", []string{"function-network"}, nil},
		{"cca-instance-id", []string{"san-missing"}, nil},
		{"eku-jwt-encipherment", []string{"key-usage-ec-encipherment"}, nil},
		{"eku-purposes-mixed", []string{"eku-tls-mixed"}, nil},
		{"proxy-roles", []string{"eku-role"}, nil},
		{"aki-of-issuer", []string{"chain-signature"}, nil},

		// With an NF file.
		{"eku-token-not-nrf", []string{"function-type"}, sameWant},
		{"eku-encrypt-not-sepp", []string{"function-type"}, sameWant},
		{"nf-types-of-profile", []string{"function-type"}, sameWant},
		{"nf-types-spelling", []string{"function-type"}, sameWant},
		{"function-country", []string{"subject-country-form"}, nil},
		{"san-dns-missing", []string{"function-fqdn-missing", "tls-server-name"}, nil},

		// For a server.
		{"tls-cipher", []string{"tls-version"}, nil},
		{"validity-expired", []string{"server-certificate-expired"}, nil},
		{"tls-server-name", []string{"san-missing"}, nil},
		{"tls-server-name", []string{"function-fqdn-missing", "issued-dropped"}, sameWant},
		{"tls-server-purpose", []string{"eku-role"}, wantIncluded},
	}
}

func sameGot(a, b *Finding) bool  { return a.Got == b.Got }
func sameWant(a, b *Finding) bool { return a.Want == b.Want }

// wantIncluded reports whether the specific finding's list includes what the
// general finding wants.
func wantIncluded(general, specific *Finding) bool { return inList(specific.Want, general.Want) }

func inList(list, item string) bool { return slices.Contains(strings.Split(list, ", "), item) }

// dropOverlaps removes findings whose fault a more specific finding reports.
func dropOverlaps(found []Finding) []Finding {
	var rest []Finding
	list := overlaps()
	for i := range found {
		general := &found[i]
		covered := slices.ContainsFunc(list, func(o overlap) bool {
			return o.rule == general.Rule && slices.ContainsFunc(found, func(specific Finding) bool {
				return slices.Contains(o.by, specific.Rule) && weight(specific.Severity) >= weight(general.Severity) &&
					(o.same == nil || o.same(general, &specific))
			})
		})
		if !covered {
			rest = append(rest, *general)
		}
	}
	return rest
}

// mergeIssued merges what the CA dropped, changed or added with the findings of
// other rules about the same part, so that each fault is reported once. The
// more severe finding remains; of two equal ones that of the other rule, as it
// names the field. It takes over the fix, since the CSR is right. A finding that
// the CSR has too is not merged: that is not the CA's fault.
func (l *Linter) mergeIssued(s *Subject, found []Finding) []Finding {
	isIssued := func(f Finding) bool { return strings.HasPrefix(f.Rule, "issued-") }
	if !slices.ContainsFunc(found, isIssued) {
		return found
	}
	request := Subject{Contents: s.Request, Role: RoleRequest, Profile: s.Profile, Function: s.Function, Now: s.Now}
	request.prepare()
	inRequest := l.apply(&request, onRequest)
	caused := func(f *Finding) bool { // by the CA
		i := slices.IndexFunc(l.rules, func(r Rule) bool { return r.ID == f.Rule })
		return l.rules[i].scope&onRequest != 0 && !slices.ContainsFunc(inRequest, func(g Finding) bool { return g.Rule == f.Rule && sameWant(&g, f) })
	}
	drop := make([]bool, len(found))
	for i := range found {
		f := &found[i]
		if isIssued(*f) || !caused(f) {
			continue
		}
		var same []int // the findings of issued-* rules about it
		for j := range found {
			if isIssued(found[j]) && aboutSame(f, &found[j]) {
				same = append(same, j)
				drop[i] = drop[i] || found[j].Rule == "issued-key" || weight(found[j].Severity) > weight(f.Severity)
			}
		}
		if len(same) == 0 || drop[i] {
			continue
		}
		var requested []string
		for _, j := range same {
			drop[j] = true
			if found[j].Want != "" {
				requested = append(requested, fmt.Sprintf("%.100q", found[j].Want))
			}
		}
		f.Fix, f.FromCA = found[same[0]].Fix, true
		if len(requested) > 0 {
			f.Message += " (the CSR requests " + strings.Join(requested, ", ") + ")"
		} else {
			f.Message += " (the CSR does not request it)"
		}
	}
	var rest []Finding
	for i := range found {
		if !drop[i] {
			rest = append(rest, found[i])
		}
	}
	return rest
}

// aboutSame reports whether a finding is about the part that a finding of an
// issued-* rule says was dropped, changed or added.
func aboutSame(f, issued *Finding) bool {
	path, critical := strings.CutSuffix(string(issued.Field), ".critical")
	if critical != (f.Got == string(nf.Critical) || f.Got == string(nf.NonCritical)) {
		return false
	}
	path, other := strings.CutPrefix(path, string(inspect.FieldExtensions)+".")
	field := nf.FieldName(path)
	if field == nf.FieldURI && (nf.IsURN(issued.Got) || nf.IsURN(issued.Want)) {
		field = nf.FieldInstanceURI
	}
	switch {
	case f.Field != field && (f.Field == nf.FieldURI || field == nf.FieldURI) && f.Field != nf.FieldSubjectAltName:
		return false // an instance id is not one of the other URIs
	case !within(f.Field, field) && !within(field, f.Field):
		return false
	case other, issued.Got != "" && issued.Want != "":
		return true
	case issued.Got == "":
		return f.Got == "" || f.Field == nf.FieldInstanceURI || inList(f.Want, issued.Want)
	}
	return inList(f.Got, issued.Got)
}

// within reports whether a field is the other one or a part of it.
func within(field, whole nf.FieldName) bool {
	return field == whole || strings.HasPrefix(string(field), string(whole)+".")
}
