package token

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// members are the members of a JSON object, by their exact names.
type members map[string]json.RawMessage

// decodeMembers reads a JSON object. A duplicate member is an error, as another
// parser may use the other one (RFC 7519 4). Package encoding/json would use the
// last one, and ignore the case of names. Its errors quote no value.
func decodeMembers(data []byte) (members, error) {
	errKind := errors.New("is not a JSON object")
	if !json.Valid(data) {
		return nil, errKind
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, errKind
	}
	all := members{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, errKind
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, errKind
		}
		key := name.(string) // as json.Valid checked
		if _, twice := all[key]; twice {
			return nil, fmt.Errorf("has the member %.40q twice", key)
		}
		all[key] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, errKind
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errKind
	}
	return all, nil
}

// take reads a member, removes it, and reports whether it existed and had the right
// type. null has no type.
func (m members) take(name string, into any) (there, ok bool) {
	raw, there := m[name]
	delete(m, name)
	if !there {
		return false, true
	}
	return true, !bytes.Equal(bytes.TrimSpace(raw), []byte("null")) && json.Unmarshal(raw, into) == nil
}

// decodePart reads a JSON object in base64url.
func decodePart(part string) (members, error) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return nil, errors.New("is not base64url (RFC 7515 2)")
	}
	return decodeMembers(data)
}
