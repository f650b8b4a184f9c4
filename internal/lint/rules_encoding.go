package lint

import (
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// encodingRules judge the DER: what the reader could not read, or should not
// have had to.
func encodingRules() []Rule {
	return []Rule{{
		ID: "der-malformed", Field: inspect.FieldDER, scope: onAll, Level: nf.Shall, Clause: "RFC 5280 4.1",
		Title: "a part cannot be read",
		Why:   "Receivers refuse what they cannot read, each with another message. TS 33.310 6.1 builds on RFC 5280, which has one encoding for each field.",
		Fix:   "make it anew with nfcert csr, or with a library that encodes the field; a part written by hand (openssl: DER:...) must hold the ASN.1 of its RFC",
		Good:  "keyUsage = 03 02 07 80 (BIT STRING)", Bad: "keyUsage = 05 00 (NULL)",
		check: faults(inspect.FaultMalformed),
	}, {
		ID: "der-trailing-bytes", Field: inspect.FieldDER, scope: onAll, Level: nf.Shall, Clause: "RFC 5280 4.1",
		Title: "bytes after the end of a part",
		Why:   "Some receivers ignore them and others refuse the whole, so the file works in one place and not in the next.",
		Fix:   "cut the bytes off (openssl x509 -in FILE -out NEW writes the certificate alone), and one certificate to a PEM block",
		Good:  "30 82 01 0a ... (266 bytes and nothing else)", Bad: "30 82 01 0a ... 00",
		check: faults(inspect.FaultTrailing),
	}, {
		ID: "der-not-canonical", Field: inspect.FieldDER, scope: onAll, Level: nf.Shall, Clause: "RFC 5280 4.1",
		Title: "encoded in BER, not in DER",
		Why:   "The signature is over the bytes. Who decodes and encodes again, as gateways do, gets other bytes and a signature that fails.",
		Fix:   "have the library write DER: defaults left out (critical FALSE), TRUE as ff, numbers and lengths in the fewest octets, UTCTime until 2049",
		Good:  "BOOLEAN left out where it is FALSE", Bad: "01 01 00 (critical FALSE written out)",
		check: faults(inspect.FaultEncoding),
	}, {
		ID: "der-too-many", Field: inspect.FieldDER, scope: onAll, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "more entries than anybody reads",
		Why:   "What lies beyond the limit was not judged, and NFs have limits too.",
		Fix:   "name one NF in a certificate; nfcert csr --fqdn takes the names that it needs",
		Good:  "a handful of names", Bad: "10 001 names in subjectAltName",
		check: faults(inspect.FaultTooMany),
	}, {
		ID: "extension-duplicate", Field: inspect.FieldExtensions, scope: onAll, Level: nf.Shall, Clause: "RFC 5280 4.2",
		Title: "an extension stands twice",
		Why:   "One receiver takes the first and another the last, and most refuse the certificate.",
		Fix:   "give the extension once; in openssl.cnf look for it in both req_extensions and -addext",
		Good:  "one subjectAltName with two names", Bad: "two extensions subjectAltName with one name each",
		check: faults(inspect.FaultDuplicate),
	}, {
		ID: "name-string-type", Field: nf.FieldSubject, scope: onAll, Level: nf.Shall, Clause: "RFC 5280 4.1.2.4",
		Title: "an attribute has the wrong ASN.1 string type",
		Why:   "Names are compared when chains are built, and some compare bytes: a C in UTF8String is not the C in PrintableString.",
		Fix:   "nfcert csr chooses the right types; in openssl.cnf set string_mask = utf8only, which keeps C as PrintableString",
		Good:  "C as PrintableString, O as PrintableString or UTF8String", Bad: "C as UTF8String",
		check: faults(inspect.FaultStringType),
	}, {
		ID: "name-characters", Field: nf.FieldSubject, scope: onAll, Level: nf.Shall, Clause: "RFC 5280 4.1.2.4",
		Title: "characters that no name has",
		Why:   "NUL bytes, control characters and marks of writing direction make a name look like another, on screens and in comparisons.",
		Fix:   "write names in letters, digits, dots and hyphens; international names in their xn-- form",
		Good:  "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "amf1.example.org\\x00.attacker.example",
		check: faults(inspect.FaultCharacters),
	}, {
		ID: "value-not-allowed", Field: inspect.FieldDER, scope: onAll, Level: nf.Shall, Clause: "RFC 5280 4.2",
		Title: "a value that the field must not have",
		Why:   "An empty list, a usage without bits or a path length without a CA says nothing or contradicts itself; strict receivers refuse it.",
		Fix:   "leave the extension out, or give it a value: at least one name, one purpose, one bit",
		Good:  "extKeyUsage = clientAuth", Bad: "extKeyUsage = (an empty SEQUENCE)",
		check: faults(inspect.FaultValue),
	}}
}

// faults reports what the reader found in these ways, but for what has a rule
// of its own.
func faults(kind inspect.FaultKind) func(*Subject, *report) {
	return func(s *Subject, r *report) {
		for i := range s.Faults {
			f := &s.Faults[i]
			if f.Kind != kind || kind == inspect.FaultValue && (f.Field == nf.FieldSerialNumber || f.Field == nf.FieldVersion) {
				continue
			}
			r.hitField(f.Field, "", "", "%s: %s", f.Field, f.Detail)
		}
	}
}
