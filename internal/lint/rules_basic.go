package lint

import (
	"strconv"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// basicRules judge version and serial number.
func basicRules() []Rule {
	return []Rule{{
		ID: "version-v3", Field: nf.FieldVersion, scope: onCert, Level: nf.Shall, Clause: "TS 33.310 6.1.1",
		Title: "the certificate is not version 3",
		Why:   "Only version 3 has extensions, and so names, usages and NF types.",
		Fix:   "have the CA issue v3: openssl x509 -req needs -extfile (or -copy_extensions copy) for that",
		Good:  "version 3", Bad: "version 1, as openssl x509 -req writes without extensions",
		check: func(s *Subject, r *report) {
			if s.Version != 3 && !s.faulty(nf.FieldVersion, inspect.FaultMalformed) && len(s.Raw.Signed) > 0 {
				r.hit("v"+strconv.Itoa(s.Version), "v3", "the certificate is version %d, want 3", s.Version)
			}
		},
	}, {
		ID: "csr-version", Field: nf.FieldVersion, scope: onRequest, Level: nf.Shall, Clause: "RFC 2986 4.1",
		Title: "the request is not version 1",
		Why:   "PKCS#10 has one version, written as 0. CAs refuse others.",
		Fix:   "make the request anew with nfcert csr",
		Good:  "version 1 (field 0)", Bad: "version 3 (field 2), as in a certificate",
		check: func(s *Subject, r *report) {
			if s.Version != 1 && !s.faulty(nf.FieldVersion, inspect.FaultMalformed) && len(s.Raw.Signed) > 0 {
				r.hit("v"+strconv.Itoa(s.Version), "v1", "the request is version %d, want 1", s.Version)
			}
		},
	}, {
		ID: "serial-positive", Field: nf.FieldSerialNumber, scope: onCert, Level: nf.Shall, Clause: "RFC 5280 4.1.2.2",
		Title: "the serial number is zero or negative",
		Why:   "Revocation finds certificates by serial number, and many receivers refuse one that is not positive.",
		Fix:   "have the CA give positive numbers: a random one whose first bit is 0 (openssl x509 -req -CAcreateserial)",
		Good:  "0c3e68e38cc475f4a0853da130af8ffc48c61e5a", Bad: "-1f, 00",
		check: func(s *Subject, r *report) {
			if n := s.SerialNumber; n == "00" || n != "" && n[0] == '-' {
				s.hit(r, nf.FieldSerialNumber, n, "a positive number", "the serial number is %s, want a positive one", n)
			}
		},
	}, {
		ID: "serial-length", Field: nf.FieldSerialNumber, scope: onCert, Level: nf.Shall, Clause: "RFC 5280 4.1.2.2",
		Title: "the serial number is longer than 20 octets",
		Why:   "Receivers and CRL tools reserve 20 octets.",
		Fix:   "have the CA give at most 159 random bits, so that the sign bit fits too",
		Good:  "20 octets", Bad: "21 octets",
		check: func(s *Subject, r *report) {
			if n := serialOctets(s.SerialNumber); n > 20 {
				s.hit(r, nf.FieldSerialNumber, s.SerialNumber, "at most 20 octets", "the serial number takes %d octets or more, want at most 20", n)
			}
		},
	}}
}

// faulty reports whether the reader found the field at fault in that way.
func (s *Subject) faulty(field nf.FieldName, kind inspect.FaultKind) bool {
	for i := range s.Faults {
		if s.Faults[i].Field == field && s.Faults[i].Kind == kind {
			return true
		}
	}
	return false
}

// serialOctets counts the octets of a number in hex, the sign bit included.
func serialOctets(hex string) int {
	if hex == "" {
		return 0
	}
	if hex[0] == '-' {
		hex = hex[1:]
	}
	n := (len(hex) + 1) / 2
	if len(hex)%2 == 0 && hex[0] >= '8' {
		n++
	}
	return n
}
