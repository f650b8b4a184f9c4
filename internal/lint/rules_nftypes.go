package lint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// nfTypesRules judge the extension nfTypes: RFC 9310 sections 3 and 5.
func nfTypesRules() []Rule {
	const typesAre = ". The types are those of TS 29.510: AMF, SMF, NRF, ..."
	const fix = "nfcert csr --nf-type AMF writes the extension right; in openssl.cnf 1.3.6.1.5.5.7.1.34 = ASN1:SEQUENCE:types and a section [types] with a line t1 = IA5:AMF, " +
		"t2 = ... for further types, in ASCII order" + typesAre
	return []Rule{{
		ID: "nf-types-missing", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "nfTypes is missing",
		Why:   "The table demands it. The NRF checks the NF type of a token request against it (TS 33.501 13.4.1.1.2).",
		Fix:   fix,
		Good:  "nfTypes = AMF", Bad: "no nfTypes",
		check: func(s *Subject, r *report) {
			if row, ok := s.requires(nf.FieldNFTypes); ok && s.NFTypes == nil && !s.unread(nf.FieldNFTypes) {
				want := "the NF's type"
				if s.Profile.NFType != "" {
					want, r.fix = s.Profile.NFType, strings.ReplaceAll(strings.TrimSuffix(fix, typesAre), "AMF", s.Profile.NFType)
				}
				r.hitRow(row, "", want, "nfTypes is missing")
			}
		},
	}, {
		ID: "nf-types-critical", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "RFC 9310 section 3",
		Title: "nfTypes is marked critical",
		Why:   "It must not be: a TLS stack that does not know the extension refuses the certificate.",
		Fix:   "drop the word critical before ASN1:SEQUENCE in openssl.cnf; nfcert csr marks it right",
		Good:  "nfTypes = AMF", Bad: "nfTypes = critical, AMF",
		check: func(s *Subject, r *report) {
			if s.NFTypes != nil && s.NFTypes.Critical {
				r.hit("critical", "non-critical", "nfTypes is marked critical, which it must not be")
			}
		},
	}, {
		ID: "nf-types-malformed", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "RFC 9310 section 3",
		Title: "nfTypes is no SEQUENCE of strings",
		Why:   "Nobody can read the NF type from it.",
		Fix:   fix,
		Good:  "30 05 16 03 41 4d 46", Bad: "16 03 41 4d 46 (the string without the SEQUENCE)",
		check: nfTypesProblem(nf.NFTypesMalformed),
	}, {
		ID: "nf-types-empty", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "RFC 9310 section 3",
		Title: "nfTypes is empty",
		Why:   "It has at least one NF type.",
		Fix:   fix,
		Good:  "nfTypes = AMF", Bad: "nfTypes = (an empty SEQUENCE)",
		check: nfTypesProblem(nf.NFTypesEmpty),
	}, {
		ID: "nf-types-string", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "RFC 9310 section 3",
		Title: "an NF type is no IA5String",
		Why:   "PrintableString has no underscore, so the RFC chose IA5String. Go's encoding/asn1 and Java write other types unless told.",
		Fix:   fix,
		Good:  "16 03 41 4d 46 (IA5String AMF)", Bad: "13 03 41 4d 46 (PrintableString AMF)",
		check: nfTypesProblem(nf.NFTypesString),
	}, {
		ID: "nf-types-characters", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "RFC 9310 section 3",
		Title: "an NF type has a character that it must not have",
		Why:   "Only visible ASCII: no space, no control characters, no DEL, nothing above.",
		Fix:   fix,
		Good:  "5G_EIR", Bad: "\"5G EIR\", \"AMF \"",
		check: func(s *Subject, r *report) {
			for _, t := range s.nfTypes() {
				if len(t) == 0 || len(t) > 32 {
					continue
				}
				if err := nf.CheckType(t); err != nil {
					r.hit(t, "visible ASCII", "%v", err)
				}
			}
		},
	}, {
		ID: "nf-types-length", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "RFC 9310 section 3",
		Title: "an NF type has not 1 to 32 characters",
		Why:   "NFType is IA5String (SIZE (1..32)); decoders refuse others.",
		Fix:   fix,
		Good:  "AMF", Bad: "an empty string, or 33 characters",
		check: func(s *Subject, r *report) {
			for _, t := range s.nfTypes() {
				if len(t) == 0 || len(t) > 32 {
					r.hit(t, "1 to 32 characters", "an NF type has %d characters, want 1 to 32", len(t))
				}
			}
		},
	}, {
		ID: "nf-types-repeated", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "RFC 9310 section 3",
		Title: "an NF type stands twice",
		Why:   "The same type must not stand more than once.",
		Fix:   fix,
		Good:  "nfTypes = AMF", Bad: "nfTypes = AMF, AMF",
		check: nfTypesProblem(nf.NFTypesRepeated),
	}, {
		ID: "nf-types-order", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "RFC 9310 section 3",
		Title: "the NF types are not in ascending order",
		Why:   "Several types stand in the order of their ASCII values: digits, then capitals, then the underscore.",
		Fix:   fix,
		Good:  "5G_EIR, AMF", Bad: "AMF, 5G_EIR",
		check: nfTypesProblem(nf.NFTypesUnsorted),
	}, {
		ID: "nf-types-unknown", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Advice, grave: true, Clause: "TS 29.510 6.1.6.3.3",
		Title: "an NF type outside the common set",
		Why:   "Operators may define types of their own (RFC 9310 section 5); only who knows them accepts the certificate.",
		Fix:   "choose one of TS 29.510: nfcert csr --nf-type (the wizard lists them); --skip nf-types-unknown where the type is your own",
		Good:  "AMF", Bad: "ACME_PROBE",
		check: func(s *Subject, r *report) {
			for _, t := range s.unknownTypes() {
				if nearType(t) == "" {
					r.hit(t, "a type of TS 29.510", "NF type %.40q is not in the common set of Release 19", t)
				}
			}
		},
	}, {
		ID: "nf-types-spelling", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "RFC 9310 section 5",
		most: warning, Lenience: "an operator's own type may look like one of the common set by intent",
		Title: "an NF type is spelt otherwise than in the common set",
		Why:   "Types are compared letter by letter: amf is not AMF, and 5G-EIR not 5G_EIR. An operator's own types must not overlap the common set.",
		Fix:   fix,
		Good:  "AMF, 5G_EIR", Bad: "amf, 5G-EIR",
		check: func(s *Subject, r *report) {
			for _, t := range s.unknownTypes() {
				if near := nearType(t); near != "" {
					r.hit(t, near, "NF type %.40q is not in the common set; %s is meant", t, near)
				}
			}
		},
	}, {
		ID: "nf-types-of-profile", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "nfTypes lacks the type that the profile is for",
		Why:   "The profile is for one kind of NF: an NRF, an SCP, a SEPP. Either the profile or the type is the wrong one.",
		Fix:   "nfcert csr --nf-type with the profile's type, or --profile nf-tls",
		Good:  "nfTypes NRF with nrf-tls", Bad: "nfTypes AMF with nrf-tls",
		check: func(s *Subject, r *report) {
			want := s.Profile.NFType
			if want != "" && len(s.nfTypes()) > 0 && !hasType(s.Contents, want) && !s.hasPurpose() {
				r.hit(strings.Join(s.nfTypes(), ", "), want, "nfTypes lacks %s, for which %s is", want, s.Profile.Name)
			}
		},
	}, {
		ID: "nf-types-many", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Advice, Clause: "ours",
		Title: "more than four NF types in one certificate",
		Why:   "A certificate is for one NF instance, which has one NF type or a few. Who names many lets the key pass for all of them.",
		Fix:   "make one certificate for each NF: nfcert csr -n NAME --nf-type",
		Good:  "nfTypes = AMF", Bad: "nfTypes = all that the vendor makes",
		check: func(s *Subject, r *report) {
			if n := len(s.nfTypes()); n > 4 {
				r.hit(strings.Join(s.nfTypes(), ", "), "the NF's own type", "nfTypes has %s types", strconv.Itoa(n))
			}
		},
	}}
}

func (s *Subject) nfTypes() []string {
	if s.NFTypes == nil {
		return nil
	}
	return s.NFTypes.Types
}

// nfTypesProblem reports what the reader found of that kind.
func nfTypesProblem(fault nf.NFTypeFault) func(*Subject, *report) {
	return func(s *Subject, r *report) {
		if s.NFTypes == nil {
			return
		}
		for _, p := range s.NFTypes.Problems {
			if p.Fault == fault {
				r.hit(strings.Join(s.NFTypes.Types, ", "), "", "nfTypes: %s", p.Detail)
			}
		}
	}
}

// unknownTypes lists well formed types that are not of the common set.
func (s *Subject) unknownTypes() []string {
	var unknown []string
	for _, t := range s.nfTypes() {
		if !isCommonType(t) && nf.CheckType(t) == nil && !slices.Contains(unknown, t) {
			unknown = append(unknown, t)
		}
	}
	return unknown
}

// isCommonType says what nf.LookupType says, and for the most frequent types
// without looking.
func isCommonType(t string) bool {
	switch t {
	case "AMF", "SMF", "NRF", "UDM", "AUSF", "PCF", "SEPP", "SCP", "NSSF", "UDR", "UPF", "BSF", "NEF", "CHF", "AF":
		return true
	}
	_, ok := nf.LookupType(t)
	return ok
}

// nearType finds the common type that differs from t in case and punctuation
// alone; empty when there is none.
func nearType(t string) string {
	plain := func(s string) string {
		return strings.Map(func(c rune) rune {
			if c == '_' || c == '-' || c == '.' {
				return -1
			}
			return c
		}, lower(s))
	}
	for _, known := range nf.Types() {
		if plain(known.Name) == plain(t) {
			return known.Name
		}
	}
	return ""
}
