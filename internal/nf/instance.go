// Package nf holds the facts of the 5G core: NF instances and types, networks
// and their domains, name forms, the NF file, object identifiers, and the
// certificate profiles of TS 33.310 as tables.
//
// It contains only values and pure functions and reads neither disk nor network.
// Every fact cites its clause, so that messages can name it.
package nf

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
)

// urnPrefix begins the URI form of an instance ID (RFC 9562 section 4, TS 33.310
// Annex J).
const urnPrefix = "urn:uuid:"

const instanceExample = "4ace9d34-2c69-4f99-92d5-a73a3fe8e23b"

// InstanceID is an NF instance ID (TS 29.571 5.3.2): a version 4 UUID as
// lower-case text. The zero value means no instance ID.
type InstanceID string

// NewInstanceID returns a new random instance ID.
func NewInstanceID() InstanceID {
	var b [16]byte
	// crypto/rand.Read never fails: it ends the program instead.
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40 // version 4, RFC 9562 section 5.4
	b[8] = b[8]&0x3f | 0x80 // the variant of RFC 9562 section 4.1
	h := hex.EncodeToString(b[:])
	return InstanceID(h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:])
}

// ParseInstanceID reads an NF instance ID: a version 4 UUID in the form
// 8-4-4-4-12. It converts upper case to lower case, because receivers ignore case
// when they compare (TS 33.310 Annex J).
func ParseInstanceID(s string) (InstanceID, error) {
	if err := checkUUID(s); err != nil {
		return "", fmt.Errorf("nf instance id %q: %w", clip(s), err)
	}
	if v := s[14]; v != '4' {
		return "", fmt.Errorf("nf instance id %q: a version %c UUID, want version 4 (TS 29.571 5.3.2)", s, v)
	}
	if !strings.ContainsRune("89abAB", rune(s[19])) {
		return "", fmt.Errorf("nf instance id %q: variant digit %q, want 8, 9, a or b at character 20", s, s[19])
	}
	return InstanceID(lowerASCII(s)), nil
}

// checkUUID checks that s has the form of a UUID.
func checkUUID(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("empty, want a UUID such as %s", instanceExample)
	case IsURN(s):
		return fmt.Errorf("a URN, want only the UUID, without %q", urnPrefix)
	case strings.HasPrefix(s, "{"):
		return fmt.Errorf("in braces, want only the UUID, such as %s", instanceExample)
	case len(s) != 36:
		return fmt.Errorf("%d characters, want 36, such as %s", len(s), instanceExample)
	}
	for i := range len(s) {
		switch c := s[i]; i {
		case 8, 13, 18, 23:
			if c != '-' {
				return fmt.Errorf("%q at character %d, want a hyphen, such as in %s", c, i+1, instanceExample)
			}
		default:
			if !isHex(c) {
				return fmt.Errorf("%q at character %d, want a hex digit", c, i+1)
			}
		}
	}
	return nil
}

// URN returns the URI name of this instance in a certificate (TS 33.310
// Annex J): urn:uuid: and the lower-case UUID. It is empty for the zero value.
func (id InstanceID) URN() string {
	if id == "" {
		return ""
	}
	return urnPrefix + string(id)
}

// ParseURN reads the URI name of an NF instance. The case of the prefix does not
// matter: RFC 8141 section 3.1 says so for "urn" and the namespace.
func ParseURN(s string) (InstanceID, error) {
	if !IsURN(s) {
		return "", fmt.Errorf("uri %q: want %s and a UUID", clip(s), urnPrefix)
	}
	id, err := ParseInstanceID(s[len(urnPrefix):])
	if err != nil {
		return "", fmt.Errorf("uri %q: %w", clip(s), err)
	}
	return id, nil
}

// IsURN reports whether a URI is in the urn:uuid namespace, well formed or not.
func IsURN(s string) bool {
	return len(s) >= len(urnPrefix) && strings.EqualFold(s[:len(urnPrefix)], urnPrefix)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// lowerASCII converts only A to Z. strings.ToLower would turn the Kelvin sign into
// a k, and so make a valid name of an invalid one.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// clip shortens untrusted text for a message.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}
