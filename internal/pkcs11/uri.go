// Package pkcs11 opens private keys that stay in a token, given as PKCS#11 URIs (RFC
// 7512).
//
// A token is used through its vendor's library, which is C code. So only programs
// built with the tag pkcs11 (and cgo) can open tokens. All other programs parse
// URIs, and [Open] returns [ErrNotBuilt].
package pkcs11

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
)

// scheme is the scheme of PKCS#11 URIs (RFC 7512 section 2.3).
const scheme = "pkcs11:"

// maxURI bounds a URI, in bytes.
const maxURI = 4096

// URI says where a private key is.
type URI struct {
	// Token, Serial or Slot selects the token; exactly one is set.
	Token  string // label
	Serial string
	Slot   *int // slot-id
	// Object and ID select the key; at least one is set.
	Object string // CKA_LABEL
	ID     []byte // CKA_ID
	// Module is the path of the PKCS#11 library, absolute.
	Module string
	// PINFile is the absolute path of a file with the PIN; "" when the URI names
	// none.
	PINFile string
}

// URIError says why a URI is invalid. It never contains the value of an attribute.
type URIError struct {
	Attribute string // as in pin-value; "" for the whole URI
	Reason    string
}

func (e *URIError) Error() string {
	if e.Attribute == "" {
		return "PKCS#11 URI: " + e.Reason
	}
	return fmt.Sprintf("PKCS#11 URI: %s: %s", e.Attribute, e.Reason)
}

// IsURI reports whether s has the scheme of PKCS#11 URIs.
func IsURI(s string) bool {
	return len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme)
}

// ParseURI parses a URI of one private key. Unsupported attributes are errors, as
// ignoring one could select another key. Every error is a *URIError.
func ParseURI(s string) (URI, error) {
	var u URI
	if !IsURI(s) {
		return u, &URIError{Reason: "want " + scheme + "token=…;object=…?module-path=…"}
	}
	if len(s) > maxURI {
		return u, &URIError{Reason: fmt.Sprintf("%d bytes, want at most %d", len(s), maxURI)}
	}
	path, query, _ := strings.Cut(s[len(scheme):], "?")
	seen := map[string]bool{}
	for _, part := range []struct {
		text, separator string
		set             func(*URI, string, string) error
	}{{path, ";", (*URI).setPath}, {query, "&", (*URI).setQuery}} {
		if part.text == "" {
			continue
		}
		for attribute := range strings.SplitSeq(part.text, part.separator) {
			name, value, err := decode(attribute)
			if err != nil {
				return URI{}, err
			}
			if seen[name] {
				return URI{}, &URIError{name, "given twice"}
			}
			seen[name] = true
			if err := part.set(&u, name, value); err != nil {
				return URI{}, err
			}
		}
	}
	return u, u.complete(seen)
}

// maxName bounds the name of an attribute in a message.
const maxName = 40

// decode splits an attribute and decodes its percent-encoding.
func decode(attribute string) (name, value string, err error) {
	name, value, found := strings.Cut(attribute, "=")
	for i := range len(name) {
		if c := name[i]; c != '-' && c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return "", "", &URIError{Reason: "the name of an attribute has an invalid character; percent-encode ';', '&' and '=' in values"}
		}
	}
	if !found || name == "" || len(name) > maxName {
		return "", "", &URIError{Reason: "want attributes as NAME=VALUE, separated by ';' before the '?' and by '&' after it"}
	}
	value, err = url.PathUnescape(value)
	if err != nil {
		return "", "", &URIError{name, "invalid percent-encoding"}
	}
	if value == "" || strings.ContainsRune(value, 0) && name != "id" {
		return "", "", &URIError{name, "empty, or contains a NUL"}
	}
	return name, value, nil
}

// setPath sets an attribute that selects the token or the key.
func (u *URI) setPath(name, value string) error {
	switch name {
	case "token":
		u.Token = value
	case "serial":
		u.Serial = value
	case "slot-id":
		slot, err := strconv.ParseInt(value, 10, 32)
		if err != nil || slot < 0 {
			return &URIError{name, "want a number"}
		}
		n := int(slot)
		u.Slot = &n
	case "object":
		u.Object = value
	case "id":
		u.ID = []byte(value)
	case "type":
		if value != "private" {
			return &URIError{name, "want private, as only a private key can sign"}
		}
	default:
		return &URIError{name, "not supported; want token, serial or slot-id for the token, and object or id for the key"}
	}
	return nil
}

// setQuery sets an attribute that says how to open the token.
func (u *URI) setQuery(name, value string) error {
	switch name {
	case "module-path":
		if !filepath.IsAbs(value) {
			return &URIError{name, "want an absolute path, as the URI is saved and used from other directories"}
		}
		u.Module = value
	case "pin-source":
		return u.setPINSource(value)
	case "pin-value":
		return &URIError{name, "every user of this machine can read a PIN on the command line, and it would be saved with the URI: write it to a file and set pin-source"}
	default:
		return &URIError{name, "not supported; want module-path and pin-source"}
	}
	return nil
}

// setPINSource sets a path or a file: URI (RFC 7512 section 2.4). Programs, which
// the RFC allows, are refused.
func (u *URI) setPINSource(value string) error {
	if strings.HasPrefix(value, "|") {
		return &URIError{"pin-source", "a program is not run; want a file"}
	}
	path, isURI := strings.CutPrefix(value, "file:")
	if isURI {
		path = "/" + strings.TrimLeft(path, "/")
	}
	if !filepath.IsAbs(path) {
		return &URIError{"pin-source", "want an absolute path, as the URI is saved and used from other directories"}
	}
	u.PINFile = path
	return nil
}

// complete returns an error for a URI that does not select one key.
func (u *URI) complete(seen map[string]bool) error {
	tokens := 0
	for _, name := range []string{"token", "serial", "slot-id"} {
		if seen[name] {
			tokens++
		}
	}
	switch {
	case tokens != 1:
		return &URIError{Reason: "want exactly one of token, serial and slot-id"}
	case u.Object == "" && len(u.ID) == 0:
		return &URIError{Reason: "want object or id, or both, to select the key"}
	case u.Module == "":
		return &URIError{Reason: "want module-path, the path of the token's PKCS#11 library, as in ?module-path=/usr/lib/softhsm/libsofthsm2.so"}
	}
	return nil
}
