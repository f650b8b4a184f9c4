package lint

import (
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// encodingRules check the DER: what could not be read, and what could be read
// but is not encoded as RFC 5280 requires.
func encodingRules() []Rule {
	return []Rule{{
		ID: "der-malformed", Field: inspect.FieldDER, scope: onAll, Level: nf.Shall, Clause: "RFC 5280 4.1",
		Title: "a part cannot be read",
		Why:   "Peers refuse what they cannot read, each with a different message. TS 33.310 6.1 is based on RFC 5280, which defines one encoding for each field.",
		Fix:   "create it again with nfcert csr, or with a library that encodes the field; a part written by hand (openssl: DER:...) must contain the ASN.1 of its RFC",
		Good:  "keyUsage = 03 02 07 80 (BIT STRING)", Bad: "keyUsage = 05 00 (NULL)",
		check: faults(inspect.FaultMalformed),
	}, {
		ID: "der-trailing-bytes", Field: inspect.FieldDER, scope: onAll, Level: nf.Shall, Clause: "RFC 5280 4.1",
		Title: "bytes after the end of a part",
		Why:   "Some peers ignore these bytes and others refuse the whole file, so it works in one place and fails in the next.",
		Fix:   "remove the bytes: openssl x509 -in FILE -out NEW writes only the certificate; put one certificate into each PEM block",
		Good:  "30 82 01 0a ... (266 bytes and no more)", Bad: "30 82 01 0a ... 00",
		check: faults(inspect.FaultTrailing),
	}, {
		ID: "der-not-canonical", Field: inspect.FieldDER, scope: onAll, Level: nf.Shall, Clause: "RFC 5280 4.1",
		Title: "encoded in BER, not in DER",
		Why:   "The signature covers the bytes. A gateway that decodes and encodes again produces other bytes, and the signature no longer matches.",
		Fix:   "have the library write DER: omit defaults (critical FALSE), write TRUE as ff, numbers and lengths in the fewest octets, UTCTime until 2049",
		Good:  "BOOLEAN omitted when it is FALSE", Bad: "01 01 00 (critical FALSE written out)",
		check: faults(inspect.FaultEncoding),
	}, {
		ID: "der-too-many", Field: inspect.FieldDER, scope: onAll, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "more entries than nfcert reads",
		Why:   "The entries above the limit were not checked. NFs have limits too.",
		Fix:   "name one NF in each certificate; nfcert csr --fqdn takes the names that it needs",
		Good:  "a few names", Bad: "10 001 names in subjectAltName",
		check: faults(inspect.FaultTooMany),
	}, {
		ID: "extension-duplicate", Field: inspect.FieldExtensions, scope: onAll, Level: nf.Shall, Clause: "RFC 5280 4.2",
		Title: "an extension appears twice",
		Why:   "Some peers use the first and others the last. Most refuse the certificate.",
		Fix:   "write the extension once; check both req_extensions in openssl.cnf and -addext",
		Good:  "one subjectAltName with two names", Bad: "two extensions subjectAltName with one name each",
		check: faults(inspect.FaultDuplicate),
	}, {
		ID: "name-string-type", Field: nf.FieldSubject, scope: onAll, Level: nf.Shall, Clause: "RFC 5280 4.1.2.4",
		Title: "an attribute has the wrong ASN.1 string type",
		Why:   "Peers compare names to build chains, and some compare bytes: C as UTF8String differs from C as PrintableString.",
		Fix:   "use nfcert csr, which chooses the right types; in openssl.cnf set string_mask = utf8only, which keeps C as PrintableString",
		Good:  "C as PrintableString, O as PrintableString or UTF8String", Bad: "C as UTF8String",
		check: faults(inspect.FaultStringType),
	}, {
		ID: "name-characters", Field: nf.FieldSubject, scope: onAll, Level: nf.Shall, Clause: "RFC 5280 4.1.2.4",
		Title: "a name contains characters that are not allowed",
		Why:   "NUL bytes, control characters and text direction marks make one name look like another, on screens and in comparisons.",
		Fix:   "use only letters, digits, dots and hyphens in names; write international names in their xn-- form",
		Good:  "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "amf1.example.org\\x00.attacker.example",
		check: faults(inspect.FaultCharacters),
	}, {
		ID: "value-not-allowed", Field: inspect.FieldDER, scope: onAll, Level: nf.Shall, Clause: "RFC 5280 4.2",
		Title: "a field has a value that is not allowed",
		Why:   "An empty list, a usage without bits or a path length without a CA has no meaning or contradicts itself. Strict peers refuse it.",
		Fix:   "omit the extension, or give it a value: at least one name, purpose or bit",
		Good:  "extKeyUsage = clientAuth", Bad: "extKeyUsage = (an empty SEQUENCE)",
		check: faults(inspect.FaultValue),
	}}
}

// faults reports the reader's faults of one kind, except values that have their
// own rule.
func faults(kind inspect.FaultKind) func(*Subject, *report) {
	return func(s *Subject, r *report) {
		for _, f := range s.Faults {
			if f.Kind != kind || kind == inspect.FaultValue && (f.Field == nf.FieldSerialNumber || f.Field == nf.FieldVersion) {
				continue
			}
			r.hitField(f.Field, "", "", "%s: %s", f.Field, f.Detail)
		}
	}
}
