package inspect

import (
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/nfcert/nfcert/internal/nf"
)

// validity reads notBefore and notAfter (RFC 5280 4.1.2.5).
func (r *reader) validity(in *cryptobyte.String) bool {
	var seq cryptobyte.String
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) {
		r.fault(nf.FieldValidity, FaultMalformed, "not a SEQUENCE of two times")
		return false
	}
	r.c.NotBefore = r.time(&seq, "notBefore")
	r.c.NotAfter = r.time(&seq, "notAfter")
	if !seq.Empty() {
		r.fault(nf.FieldValidity, FaultTrailing, "%d bytes after notAfter", len(seq))
	}
	return true
}

// time reads one time. It returns the zero time for one that it cannot read.
func (r *reader) time(seq *cryptobyte.String, name string) time.Time {
	var text cryptobyte.String
	var tag cbasn1.Tag
	if !seq.ReadAnyASN1(&text, &tag) {
		r.fault(nf.FieldValidity, FaultMalformed, "%s is missing or damaged", name)
		return time.Time{}
	}
	if tag != cbasn1.UTCTime && tag != cbasn1.GeneralizedTime {
		r.fault(nf.FieldValidity, FaultMalformed, "%s is neither UTCTime nor GeneralizedTime", name)
		return time.Time{}
	}
	t, exact, ok := parseTime(string(text), tag == cbasn1.UTCTime)
	if !ok {
		r.fault(nf.FieldValidity, FaultMalformed, "%s %.40q is not a time", name, string(text))
		return time.Time{}
	}
	switch {
	case !exact:
		r.fault(nf.FieldValidity, FaultEncoding, "%s %q, want it with seconds and Z, without fraction or offset (RFC 5280 4.1.2.5)", name, string(text))
	case tag == cbasn1.GeneralizedTime && t.Year() < 2050:
		r.fault(nf.FieldValidity, FaultEncoding, "%s is GeneralizedTime before 2050, want UTCTime (RFC 5280 4.1.2.5)", name)
	}
	return t
}

// parseTime reads a UTCTime or GeneralizedTime. It is lenient: it also reads the
// forms of ASN.1 that RFC 5280 4.1.2.5 forbids, without seconds, with a fraction
// or with an offset. exact reports whether the time has the form of RFC 5280.
func parseTime(s string, utc bool) (t time.Time, exact, ok bool) {
	if len(s) > 32 {
		return time.Time{}, false, false
	}
	layouts := []string{"20060102150405Z0700", "200601021504Z0700", "20060102150405"}
	if utc {
		layouts = []string{"060102150405Z0700", "0601021504Z0700"}
	}
	digits, zulu := strings.CutSuffix(s, "Z")
	exact = zulu && len(s) == len(layouts[0])-len("0700") && strings.Trim(digits, "0123456789") == ""
	for _, layout := range layouts {
		// time.Parse accepts a fraction after the seconds without a layout for it.
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if t = t.UTC(); utc && t.Year() >= 2050 {
			// Package time puts the years 00 to 68 into this century, RFC 5280
			// 4.1.2.5.1 puts 00 to 49 there.
			t = t.AddDate(-100, 0, 0)
		}
		// encoding/json cannot write years outside 0 to 9999.
		return t, exact, t.Year() >= 0 && t.Year() <= 9999
	}
	return time.Time{}, false, false
}
