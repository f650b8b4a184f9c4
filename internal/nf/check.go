package nf

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// Limits of the values in a certificate.
const (
	maxTypeLength = 32   // RFC 9310 section 3
	minFQDNLength = 4    // TS 29.571, Fqdn
	maxFQDNLength = 253  // TS 29.571, Fqdn
	maxURILength  = 2048 // ours: no standard has a limit, and no URI name needs more
)

// CheckType checks the characters and the length of an NF type (RFC 9310
// section 3): 1 to 32 visible ASCII characters, no space. LookupType says
// whether it is one of the common set.
func CheckType(name string) error {
	if name == "" {
		return errors.New("nf type is empty, want 1 to 32 characters, for example AMF (RFC 9310 section 3)")
	}
	if len(name) > maxTypeLength {
		return fmt.Errorf("nf type %q: %d characters, want at most %d (RFC 9310 section 3)", clip(name), len(name), maxTypeLength)
	}
	if i := notVisible(name); i >= 0 {
		return fmt.Errorf("nf type %q: byte 0x%02x at position %d, want visible ASCII without space (RFC 9310 section 3)", name, name[i], i+1)
	}
	return nil
}

// notVisible returns the index of the first byte that is not visible ASCII; -1 if
// there is none.
func notVisible(s string) int {
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// NormalizeFQDN returns the form in which names are compared and written: ASCII
// letters in lower case. It corrects nothing else.
func NormalizeFQDN(s string) string { return lowerASCII(s) }

// CheckFQDN checks a fully qualified domain name (TS 29.571, Fqdn; host names
// of RFC 1123 2.1): 4 to 253 characters, at least two labels, only letters in the
// last one. It refuses the trailing dot that TS 29.571 tolerates, because a
// dNSName has no trailing dot (RFC 5280 4.2.1.6).
func CheckFQDN(s string) error {
	if err := checkFQDNText(s); err != nil {
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
		return fmt.Errorf("fqdn %q: last label %q, want at least 2 letters and nothing else (TS 29.571 Fqdn)", clip(s), last)
	}
	return nil
}

// CheckDNSName checks a dNSName: an FQDN, or a wildcard, which is "*." and an
// FQDN and matches all names one label below it (RFC 6125 6.4.3). The profile
// says whether a wildcard is allowed.
func CheckDNSName(s string) error {
	rest, _ := strings.CutPrefix(s, "*.")
	return CheckFQDN(rest)
}

// IsWildcard reports whether a dNSName is a wildcard.
func IsWildcard(s string) bool { return strings.HasPrefix(s, "*.") }

// checkFQDNText recognises common mistakes, so that each gets its own message.
func checkFQDNText(s string) error {
	if s == "" {
		return errors.New("empty, want a name such as amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org")
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return errors.New("an IP address, want a domain name")
	}
	if i := notVisible(s); i >= 0 {
		return fmt.Errorf("byte 0x%02x at position %d, want letters, digits, hyphens and dots (non-ASCII names in their xn-- form)", s[i], i+1)
	}
	switch {
	case strings.Contains(s, "://"):
		return errors.New("a URI, want the host name in it")
	case strings.Contains(s, "*"):
		return errors.New("a wildcard, which must be the whole first label, in a profile that allows wildcards")
	case strings.Contains(s, "_"):
		return errors.New("an underscore, which host names must not have (RFC 1123 2.1); use a hyphen")
	case strings.HasSuffix(s, "."):
		return errors.New("a trailing dot, which names in certificates must not have (RFC 5280 4.2.1.6)")
	case len(s) < minFQDNLength || len(s) > maxFQDNLength:
		return fmt.Errorf("%d characters, want %d to %d (TS 29.571 Fqdn)", len(s), minFQDNLength, maxFQDNLength)
	}
	return nil
}

// checkLabel checks one label: letters, digits and inner hyphens, at most 63.
func checkLabel(label string) error {
	if label == "" {
		return errors.New("an empty label (two dots in a row, or a leading dot)")
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
		return fmt.Errorf("label %q: begins or ends with a hyphen (RFC 1123 2.1)", label)
	}
	return nil
}

// CheckURI checks a URI name (RFC 5280 4.2.1.6): ASCII, absolute, with a
// scheme-specific part. A URI in the urn:uuid namespace must hold a UUID.
func CheckURI(s string) error {
	if s == "" {
		return errors.New("uri is empty, want an absolute URI such as https://amf1.example.org/")
	}
	if len(s) > maxURILength {
		return fmt.Errorf("uri %q: %d characters, want at most %d", clip(s), len(s), maxURILength)
	}
	if i := notVisible(s); i >= 0 {
		return fmt.Errorf("uri %q: byte 0x%02x at position %d, want visible ASCII (RFC 5280 4.2.1.6)", clip(s), s[i], i+1)
	}
	if IsURN(s) {
		if err := checkUUID(s[len(urnPrefix):]); err != nil {
			return fmt.Errorf("uri %q: %w", clip(s), err)
		}
		return nil
	}
	u, err := url.Parse(s)
	if err != nil {
		// Only the cause: url.Error would repeat the whole text.
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
		return fmt.Errorf("uri %q: no scheme, want an absolute URI such as https://… (RFC 5280 4.2.1.6)", clip(s))
	case u.User != nil:
		return fmt.Errorf("uri %q: contains user information, which would be published", u.Redacted())
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
	// The host must be a fully qualified domain name or an address
	// (RFC 5280 4.2.1.6).
	if err := CheckFQDN(host); err != nil {
		return fmt.Errorf("uri %q: host: %w", clip(s), err)
	}
	return nil
}
