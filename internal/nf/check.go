package nf

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// Bounds of the values that a certificate carries.
const (
	maxTypeLength = 32   // RFC 9310 section 3
	minFQDNLength = 4    // TS 29.571, Fqdn
	maxFQDNLength = 253  // TS 29.571, Fqdn
	maxURILength  = 2048 // ours: no standard sets one, and no name needs more
)

// CheckType checks an NF type's characters and length (RFC 9310 section 3):
// 1 to 32 visible ASCII characters, no space. Whether it is of the common set
// is LookupType's to say.
func CheckType(name string) error {
	if name == "" {
		return errors.New("nf type is empty, want 1 to 32 characters as in AMF (RFC 9310 section 3)")
	}
	if len(name) > maxTypeLength {
		return fmt.Errorf("nf type %q: %d characters, want at most %d (RFC 9310 section 3)", clip(name), len(name), maxTypeLength)
	}
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c > '~' {
			return fmt.Errorf("nf type %q: byte 0x%02x at position %d, want visible ASCII without space (RFC 9310 section 3)", name, c, i+1)
		}
	}
	return nil
}

// NormalizeFQDN gives the form in which names are compared and written: ASCII
// letters in lower case. It mends nothing else.
func NormalizeFQDN(s string) string { return lowerASCII(s) }

// CheckFQDN checks a fully qualified domain name (TS 29.571, Fqdn; host names
// of RFC 1123 2.1): 4 to 253 characters, at least two labels, the last of
// letters alone. The trailing dot, which TS 29.571 tolerates, is refused here:
// a dNSName has none (RFC 5280 4.2.1.6).
func CheckFQDN(s string) error {
	if err := fqdnMistake(s); err != nil {
		return fmt.Errorf("fqdn %q: %w", clip(s), err)
	}
	labels := strings.Split(s, ".")
	if len(labels) < 2 {
		return fmt.Errorf("fqdn %q: one label, want at least two (TS 29.571 Fqdn)", clip(s))
	}
	for _, label := range labels {
		if err := checkLabel(label); err != nil {
			return fmt.Errorf("fqdn %q: %w", clip(s), err)
		}
	}
	last := labels[len(labels)-1]
	if len(last) < 2 || strings.ContainsAny(last, "-0123456789") {
		return fmt.Errorf("fqdn %q: last label %q, want 2 or more letters (TS 29.571 Fqdn)", clip(s), last)
	}
	return nil
}

// CheckDNSName checks a dNSName: an FQDN, or "*." and one, which stands for all
// names one label below it (RFC 6125 6.4.3). Whether a wildcard may be there is
// the profile's to say.
func CheckDNSName(s string) error {
	rest, _ := strings.CutPrefix(s, "*.")
	return CheckFQDN(rest)
}

// IsWildcard reports whether a dNSName is a wildcard.
func IsWildcard(s string) bool { return strings.HasPrefix(s, "*.") }

// fqdnMistake recognises what people write in place of an FQDN, so that each
// gets a message of its own.
func fqdnMistake(s string) error {
	if s == "" {
		return errors.New("empty, want a name as in amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org")
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return errors.New("an IP address, want a domain name")
	}
	for i := range len(s) {
		if c := s[i]; c < '!' || c > '~' {
			return fmt.Errorf("byte 0x%02x at position %d, want letters, digits, hyphens and dots (non-ASCII names in their xn-- form)", c, i+1)
		}
	}
	switch {
	case strings.Contains(s, "://"):
		return errors.New("a URI, want the host name in it")
	case strings.Contains(s, "*"):
		return errors.New("a wildcard, which may only be the whole first label and only where the profile allows it")
	case strings.Contains(s, "_"):
		return errors.New("an underscore, which host names do not have (RFC 1123 2.1); a hyphen takes its place")
	case strings.HasSuffix(s, "."):
		return errors.New("a trailing dot, which names in certificates do not have (RFC 5280 4.2.1.6)")
	case len(s) < minFQDNLength || len(s) > maxFQDNLength:
		return fmt.Errorf("%d characters, want %d to %d (TS 29.571 Fqdn)", len(s), minFQDNLength, maxFQDNLength)
	}
	return nil
}

// checkLabel checks one label: letters, digits and inner hyphens, at most 63.
func checkLabel(label string) error {
	if label == "" {
		return errors.New("an empty label (two dots together, or one in front)")
	}
	if len(label) > 63 {
		return fmt.Errorf("label %q: %d characters, want at most 63 (RFC 1035 2.3.4)", clip(label), len(label))
	}
	for i := range len(label) {
		c := label[i]
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '-') {
			return fmt.Errorf("label %q: %q, want letters, digits and hyphens (RFC 1123 2.1)", label, c)
		}
	}
	if label[0] == '-' || label[len(label)-1] == '-' {
		return fmt.Errorf("label %q: a hyphen at its edge (RFC 1123 2.1)", label)
	}
	return nil
}

// CheckURI checks a URI name (RFC 5280 4.2.1.6): ASCII, absolute, with a
// scheme-specific part. One in the urn:uuid namespace must hold a UUID.
func CheckURI(s string) error {
	if s == "" {
		return errors.New("uri is empty, want an absolute one as in https://amf1.example.org/")
	}
	if len(s) > maxURILength {
		return fmt.Errorf("uri %q: %d characters, want at most %d", clip(s), len(s), maxURILength)
	}
	for i := range len(s) {
		if c := s[i]; c < '!' || c > '~' {
			return fmt.Errorf("uri %q: byte 0x%02x at position %d, want visible ASCII (RFC 5280 4.2.1.6)", clip(s), c, i+1)
		}
	}
	if IsURN(s) {
		if err := checkUUID(s[len(urnPrefix):]); err != nil {
			return fmt.Errorf("uri %q: %w", clip(s), err)
		}
		return nil
	}
	u, err := url.Parse(s)
	if err != nil {
		// The cause alone: url.Error would repeat the whole text.
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err
		}
		return fmt.Errorf("uri %q: %w", clip(s), err)
	}
	return checkURIParts(s, u)
}

func checkURIParts(s string, u *url.URL) error {
	switch {
	case u.Scheme == "":
		return fmt.Errorf("uri %q: no scheme, want an absolute one as in https://… (RFC 5280 4.2.1.6)", clip(s))
	case u.User != nil:
		return fmt.Errorf("uri %q: carries user information, which would be published", u.Redacted())
	case u.Opaque == "" && u.Host == "" && u.Path == "":
		return fmt.Errorf("uri %q: nothing after the scheme (RFC 5280 4.2.1.6)", clip(s))
	case (u.Scheme == "http" || u.Scheme == "https") && u.Host == "":
		return fmt.Errorf("uri %q: no host", clip(s))
	}
	if u.Host == "" {
		return nil
	}
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	// RFC 5280 4.2.1.6: the host is a fully qualified domain name or an
	// address.
	if err := CheckFQDN(host); err != nil {
		return fmt.Errorf("uri %q: host: %w", clip(s), err)
	}
	return nil
}
