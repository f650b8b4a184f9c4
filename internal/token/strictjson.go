package token

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
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
	d := json.NewDecoder(bytes.NewReader(data)) // has no errors, as the document is valid
	if start, _ := d.Token(); start != json.Delim('{') {
		return nil, errKind
	}
	all := members{}
	for d.More() {
		token, _ := d.Token()
		var value json.RawMessage
		name, ok := token.(string)
		if err := d.Decode(&value); err != nil || !ok {
			return nil, errKind
		}
		if _, twice := all[name]; twice {
			return nil, fmt.Errorf("has the member %.40q twice", name)
		}
		all[name] = value
	}
	return all, nil
}

// member is the name of a member and where its value goes.
type member struct {
	name string
	into any
}

// take reads members, removes them, and returns the name of the first one that has
// the wrong type, as null has; "" if all are right or missing.
func (m members) take(list ...member) (wrong string) {
	for _, e := range list {
		raw, there := m[e.name]
		delete(m, e.name)
		if there && (bytes.Equal(bytes.TrimSpace(raw), []byte("null")) || json.Unmarshal(raw, e.into) != nil) {
			return e.name
		}
	}
	return ""
}

// decodePart reads a JSON object in base64url.
func decodePart(part string) (members, error) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return nil, errors.New("is not base64url (RFC 7515 2)")
	}
	return decodeMembers(data)
}
