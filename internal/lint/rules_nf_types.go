package lint

import (
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// nfTypesRules check the extension nfTypes (RFC 9310 sections 3 and 5).
func nfTypesRules() []Rule {
	const typesAre = ". The types are those of TS 29.510: AMF, SMF, NRF, ..."
	const fix = "use nfcert csr --nf-type AMF, which writes the extension correctly; in openssl.cnf 1.3.6.1.5.5.7.1.34 = ASN1:SEQUENCE:types and a section [types] with a line t1 = IA5:AMF, " +
		"t2 = ... for further types, in ASCII order" + typesAre
	return []Rule{{
		ID: "nf-types-missing", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "nfTypes is missing",
		Why:   "The clause's table requires it. The NRF compares the NF type of a token request with it (TS 33.501 13.4.1.1.2).",
		Fix:   fix,
		Good:  "nfTypes = AMF", Bad: "no nfTypes",
		check: func(s *Subject, r *report) {
			want := "the NF's type"
			if s.Profile.NFType != "" {
				want, r.fix = s.Profile.NFType, strings.ReplaceAll(strings.TrimSuffix(fix, typesAre), "AMF", s.Profile.NFType)
			}
			missing(nf.FieldNFTypes, want)(s, r)
		},
	}, {
		ID: "nf-types-critical", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "RFC 9310 section 3",
		Title: "nfTypes is marked critical",
		Why:   "It must not be critical: a TLS stack that does not know the extension refuses the certificate.",
		Fix:   "use nfcert csr, which marks it correctly; in openssl.cnf delete the word critical before ASN1:SEQUENCE",
		Good:  "nfTypes = AMF", Bad: "nfTypes = critical, AMF",
		check: when(func(s *Subject) bool { return s.NFTypes != nil && s.NFTypes.Critical },
			text("critical"), "non-critical", "nfTypes is marked critical, want non-critical"),
	}, {
		ID: "nf-types-malformed", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "RFC 9310 section 3",
		Title: "nfTypes is not a SEQUENCE of strings",
		Why:   "No peer can read the NF type from it.",
		Fix:   fix,
		Good:  "30 05 16 03 41 4d 46", Bad: "16 03 41 4d 46 (the string without the SEQUENCE)",
		check: nfTypesFault(nf.NFTypesMalformed),
	}, {
		ID: "nf-types-empty", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "RFC 9310 section 3",
		Title: "nfTypes is empty",
		Why:   "It must have at least one NF type.",
		Fix:   fix,
		Good:  "nfTypes = AMF", Bad: "nfTypes = (an empty SEQUENCE)",
		check: nfTypesFault(nf.NFTypesEmpty),
	}, {
		ID: "nf-types-string", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "RFC 9310 section 3",
		Title: "an NF type is not an IA5String",
		Why:   "PrintableString has no underscore, so the RFC uses IA5String. Go's encoding/asn1 and Java write other types by default.",
		Fix:   fix,
		Good:  "16 03 41 4d 46 (IA5String AMF)", Bad: "13 03 41 4d 46 (PrintableString AMF)",
		check: nfTypesFault(nf.NFTypesString),
	}, {
		ID: "nf-types-characters", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "RFC 9310 section 3",
		Title: "an NF type has a character that is not allowed",
		Why:   "Only visible ASCII is allowed: no space, no control characters, no DEL, nothing above.",
		Fix:   fix,
		Good:  "5G_EIR", Bad: "\"5G EIR\", \"AMF \"",
		check: func(s *Subject, r *report) {
			for _, t := range s.nfTypes() {
				if err := nf.CheckType(t); err != nil && hasTypeLength(t) {
					r.hit(t, "visible ASCII", "%v", err)
				}
			}
		},
	}, {
		ID: "nf-types-length", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "RFC 9310 section 3",
		Title: "an NF type does not have 1 to 32 characters",
		Why:   "NFType is IA5String (SIZE (1..32)). Decoders refuse other lengths.",
		Fix:   fix,
		Good:  "AMF", Bad: "an empty string, or 33 characters",
		check: func(s *Subject, r *report) {
			for _, t := range s.nfTypes() {
				if !hasTypeLength(t) {
					r.hit(t, "1 to 32 characters", "nfTypes has a type with %d characters, want 1 to 32", len(t))
				}
			}
		},
	}, {
		ID: "nf-types-repeated", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "RFC 9310 section 3",
		Title: "an NF type appears twice",
		Why:   "The same type must not appear more than once.",
		Fix:   fix,
		Good:  "nfTypes = AMF", Bad: "nfTypes = AMF, AMF",
		check: nfTypesFault(nf.NFTypesRepeated),
	}, {
		ID: "nf-types-order", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "RFC 9310 section 3",
		Title: "the NF types are not in ascending order",
		Why:   "Several types must be in the order of their ASCII values: digits, then capital letters, then the underscore.",
		Fix:   fix,
		Good:  "5G_EIR, AMF", Bad: "AMF, 5G_EIR",
		check: nfTypesFault(nf.NFTypesUnsorted),
	}, {
		ID: "nf-types-unknown", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Advice, grave: true, Clause: "TS 29.510 6.1.6.3.3",
		Title: "an NF type outside the common set",
		Why:   "Operators may define their own types (RFC 9310 section 5). Only peers that know the type accept the certificate.",
		Fix:   "choose a type of TS 29.510: nfcert csr --nf-type (the wizard lists them); use --skip nf-types-unknown for a type of your own",
		Good:  "AMF", Bad: "ACME_PROBE",
		check: func(s *Subject, r *report) {
			for _, t := range s.unknownTypes() {
				if similarType(t) == "" {
					r.hit(t, "a type of TS 29.510", "NF type %.40q is not in the common set of Release 19, want a type of TS 29.510", t)
				}
			}
		},
	}, {
		ID: "nf-types-spelling", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "RFC 9310 section 5",
		most: warning, Lenience: "an operator's own type may be intentionally similar to one of the common set",
		Title: "an NF type is spelt differently from the common set",
		Why:   "Types are compared character by character: amf is not AMF, and 5G-EIR is not 5G_EIR. An operator's own types must not overlap the common set.",
		Fix:   fix,
		Good:  "AMF, 5G_EIR", Bad: "amf, 5G-EIR",
		check: func(s *Subject, r *report) {
			for _, t := range s.unknownTypes() {
				if want := similarType(t); want != "" {
					r.hit(t, want, "NF type %.40q is not in the common set, want %s", t, want)
				}
			}
		},
	}, {
		ID: "nf-types-of-profile", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "nfTypes lacks the type that the profile is for",
		Why:   "The profile is for one kind of NF: an NRF, an SCP, a SEPP. Either the profile or the type is wrong.",
		Fix:   "use nfcert csr --nf-type with the profile's type, or --profile nf-tls",
		Good:  "nfTypes NRF with nrf-tls", Bad: "nfTypes AMF with nrf-tls",
		check: func(s *Subject, r *report) {
			want := s.Profile.NFType
			if want != "" && len(s.nfTypes()) > 0 && !s.hasType(want) && !s.hasPurpose() {
				r.hit(strings.Join(s.nfTypes(), ", "), want, "nfTypes lacks %s, the type that profile %s is for", want, s.Profile.Name)
			}
		},
	}, {
		ID: "nf-types-many", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Advice, Clause: "ours",
		Title: "more than four NF types in one certificate",
		Why:   "A certificate is for one NF instance, which has one NF type or a few. With many types the key can impersonate all of them.",
		Fix:   "create one certificate for each NF: nfcert csr -n NAME --nf-type",
		Good:  "nfTypes = AMF", Bad: "nfTypes = all types that the vendor builds",
		check: func(s *Subject, r *report) {
			if n := len(s.nfTypes()); n > 4 {
				r.hit(strings.Join(s.nfTypes(), ", "), "the NF's own type", "nfTypes has %d types, want only the NF's own", n)
			}
		},
	}}
}

func hasTypeLength(t string) bool { return 1 <= len(t) && len(t) <= 32 }

// nfTypesFault reports the reader's faults of that kind.
func nfTypesFault(fault nf.NFTypeFault) func(*Subject, *report) {
	return func(s *Subject, r *report) {
		if s.NFTypes == nil {
			return
		}
		for _, p := range s.NFTypes.Problems {
			if p.Fault == fault {
				r.hit(strings.Join(s.nfTypes(), ", "), "", "nfTypes: %s", p.Detail)
			}
		}
	}
}

// unknownTypes lists well-formed types that are not in the common set.
func (s *Subject) unknownTypes() []string {
	var unknown []string
	for _, t := range s.nfTypes() {
		if _, ok := nf.LookupType(t); !ok && nf.CheckType(t) == nil && !slices.Contains(unknown, t) {
			unknown = append(unknown, t)
		}
	}
	return unknown
}

// similarType finds the common type that differs from t only in case and
// punctuation; empty when there is no such type.
func similarType(t string) string {
	plain := func(s string) string {
		return strings.NewReplacer("_", "", "-", "", ".", "").Replace(nf.NormalizeFQDN(s))
	}
	known := nf.Types()
	if i := slices.IndexFunc(known, func(k nf.Type) bool { return plain(k.Name) == plain(t) }); i >= 0 {
		return known[i].Name
	}
	return ""
}
