// Package pkcs11 opens private keys that stay in a token, named by PKCS#11 URIs
// (RFC 7512).
//
// Tokens are reached through their vendor's library, which is C code. So only
// programs built with the tag pkcs11 (and cgo) can open them; the others read
// URIs, and say at [Open] what they lack.
package pkcs11

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
)

// scheme begins every PKCS#11 URI (RFC 7512 section 2.3).
const scheme = "pkcs11:"

// maxURI bounds a URI, in bytes.
const maxURI = 4096

// URI says where a private key is.
type URI struct {
	// Token, Serial or Slot choose the token; exactly one is given.
	Token  string // label
	Serial string
	Slot   *int // slot-id
	// Object and ID choose the key; at least one is given.
	Object string // CKA_LABEL
	ID     []byte // CKA_ID
	// Module is the path of the PKCS#11 library, absolute.
	Module string
	// PINFile is the absolute path of a file with the PIN; "": it comes from
	// elsewhere.
	PINFile string
}

// URIError says why a URI names no key that could be opened. It never repeats
// the value of an attribute.
type URIError struct {
	Attribute string // as in pin-value; "": the URI as a whole
	Reason    string
}

func (e *URIError) Error() string {
	if e.Attribute == "" {
		return "PKCS#11 URI: " + e.Reason
	}
	return fmt.Sprintf("PKCS#11 URI: %s: %s", e.Attribute, e.Reason)
}

// IsURI reports whether s is meant to be a PKCS#11 URI.
func IsURI(s string) bool {
	return len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme)
}

// ParseURI reads a URI that names one private key. Attributes that are not read
// here are refused, as leaving one out could mean another key. Every error is a
// *URIError.
func ParseURI(s string) (URI, error) {
	var u URI
	if !IsURI(s) {
		return u, &URIError{Reason: "want " + scheme + "token=…;object=…?module-path=…"}
	}
	if len(s) > maxURI {
		return u, &URIError{Reason: fmt.Sprintf("%d bytes (at most %d are read)", len(s), maxURI)}
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
				return URI{}, &URIError{name, "it is given twice"}
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

// decode splits an attribute and undoes its percent-encoding.
func decode(attribute string) (name, value string, err error) {
	name, value, found := strings.Cut(attribute, "=")
	for i := range len(name) {
		if c := name[i]; c != '-' && c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return "", "", &URIError{Reason: "an attribute's name has a character that none has; is one percent-encoded that should be, such as ';' or '='?"}
		}
	}
	if !found || name == "" || len(name) > maxName {
		return "", "", &URIError{Reason: "want attributes as NAME=VALUE, with ';' between those before '?' and '&' between those after"}
	}
	value, err = url.PathUnescape(value)
	if err != nil {
		return "", "", &URIError{name, "its percent-encoding is damaged"}
	}
	if value == "" || strings.ContainsRune(value, 0) && name != "id" {
		return "", "", &URIError{name, "it is empty, or has a NUL"}
	}
	return name, value, nil
}

// setPath takes an attribute that names the token or the key.
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
			return &URIError{name, "want private, as it is a private key that signs"}
		}
	default:
		return &URIError{name, "is not read here; name the token by token, serial or slot-id, and its key by object or id"}
	}
	return nil
}

// setQuery takes an attribute that says how to reach the token.
func (u *URI) setQuery(name, value string) error {
	switch name {
	case "module-path":
		if !filepath.IsAbs(value) {
			return &URIError{name, "want an absolute path, as the URI is kept and used from other directories"}
		}
		u.Module = value
	case "pin-source":
		return u.setPINSource(value)
	case "pin-value":
		return &URIError{name, "a PIN on the command line can be read by every user of the machine, and would be kept with the URI: put it into a file and name that by pin-source"}
	default:
		return &URIError{name, "is not read here; want module-path and pin-source"}
	}
	return nil
}

// setPINSource takes a path, or a file: URI (RFC 7512 section 2.4). Programs,
// which some readers run, are refused.
func (u *URI) setPINSource(value string) error {
	if strings.HasPrefix(value, "|") {
		return &URIError{"pin-source", "programs are not run; want a file"}
	}
	path, isURI := strings.CutPrefix(value, "file:")
	if isURI {
		path = "/" + strings.TrimLeft(path, "/")
	}
	if !filepath.IsAbs(path) {
		return &URIError{"pin-source", "want an absolute path, as the URI is kept and used from other directories"}
	}
	u.PINFile = path
	return nil
}

// complete refuses a URI that leaves open which key is meant.
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
		return &URIError{Reason: "want object or id, or both, to name the key"}
	case u.Module == "":
		return &URIError{Reason: "want module-path, the path of the token's PKCS#11 library, as in ?module-path=/usr/lib/softhsm/libsofthsm2.so"}
	}
	return nil
}
