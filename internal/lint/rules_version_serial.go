package lint

import (
	"strconv"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// versionSerialRules check version and serial number.
func versionSerialRules() []Rule {
	return []Rule{{
		ID: "version-v3", Field: nf.FieldVersion, scope: onCert, Level: nf.Shall, Clause: "TS 33.310 6.1.1",
		Title: "the certificate is not version 3",
		Why:   "Only version 3 has extensions, which carry the names, usages and NF types.",
		Fix:   "have the CA issue version 3; openssl x509 -req needs -extfile or -copy_extensions copy for that",
		Good:  "version 3", Bad: "version 1, as openssl x509 -req writes without extensions",
		check: version(3),
	}, {
		ID: "csr-version", Field: nf.FieldVersion, scope: onRequest, Level: nf.Shall, Clause: "RFC 2986 4.1",
		Title: "the CSR is not version 1",
		Why:   "PKCS#10 has only one version, encoded as 0. CAs refuse other versions.",
		Fix:   "create a new CSR with nfcert csr",
		Good:  "version 1 (field 0)", Bad: "version 3 (field 2), as in a certificate",
		check: version(1),
	}, {
		ID: "serial-positive", Field: nf.FieldSerialNumber, scope: onCert, Level: nf.Shall, Clause: "RFC 5280 4.1.2.2",
		Title: "the serial number is zero or negative",
		Why:   "Revocation identifies certificates by serial number, and many peers refuse a number that is not positive.",
		Fix:   "have the CA use positive numbers: random, with the first bit 0 (openssl x509 -req -CAcreateserial)",
		Good:  "0c3e68e38cc475f4a0853da130af8ffc48c61e5a", Bad: "-1f, 00",
		check: func(s *Subject, r *report) {
			if n := s.SerialNumber; n == "00" || n != "" && n[0] == '-' {
				r.hitProfile(s, nf.FieldSerialNumber, n, "a positive number", "serialNumber is %s, want a positive number", n)
			}
		},
	}, {
		ID: "serial-length", Field: nf.FieldSerialNumber, scope: onCert, Level: nf.Shall, Clause: "RFC 5280 4.1.2.2",
		Title: "the serial number is longer than 20 octets",
		Why:   "Peers and CRL tools reserve 20 octets for it.",
		Fix:   "have the CA use at most 159 random bits, which leaves room for the sign bit",
		Good:  "20 octets", Bad: "21 octets",
		check: func(s *Subject, r *report) {
			if n := serialOctets(s.SerialNumber); n > 20 {
				r.hitProfile(s, nf.FieldSerialNumber, s.SerialNumber, "at most 20 octets", "serialNumber has at least %d octets, want at most 20", n)
			}
		},
	}}
}

// version checks the version of what could be read.
func version(want int) func(*Subject, *report) {
	return func(s *Subject, r *report) {
		if s.Version != want && !s.faulty(nf.FieldVersion, inspect.FaultMalformed) && len(s.Raw.Signed) > 0 {
			r.hit("v"+strconv.Itoa(s.Version), "v"+strconv.Itoa(want), "version is %d, want %d", s.Version, want)
		}
	}
}

// serialOctets counts the octets of a number in hex, including the sign bit.
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
