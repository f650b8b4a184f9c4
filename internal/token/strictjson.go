package token

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// members are those of a JSON object, by their exact names.
type members map[string]json.RawMessage

// decodeMembers reads a JSON object. A member that stands twice is an error, as
// another reader may take the other one (RFC 7519 4); encoding/json alone would
// take the last, and names in any case. Its errors quote no value.
func decodeMembers(data []byte) (members, error) {
	errKind := errors.New("is not the JSON object that it should be")
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
		key := name.(string) // json.Valid has seen to that
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

// take reads a member, removes it, and reports whether it was there and of the
// right kind. null is of no kind.
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
