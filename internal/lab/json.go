package lab

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// decodeObject splits a JSON object into its members. A duplicate member and data
// after the object are errors, because readers may disagree about their meaning.
func decodeObject(data []byte) (map[string]json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	open, err := dec.Token()
	if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if open != json.Delim('{') {
		return nil, fmt.Errorf("not a JSON object")
	}
	members := make(map[string]json.RawMessage)
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("not JSON: %w", err)
		}
		name, ok := key.(string)
		if !ok {
			return nil, fmt.Errorf("object key %v is not a string", key)
		}
		if _, dup := members[name]; dup {
			return nil, fmt.Errorf("member %q occurs twice", name)
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, fmt.Errorf("member %q: %w", name, err)
		}
		members[name] = value
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("data after the JSON object")
	}
	return members, nil
}

// decodePayload reads the payload of a request into v, a pointer to a struct. It
// ignores unknown members, which RFC 8555 does not forbid.
func decodePayload(payload []byte, v any) error {
	if _, err := decodeObject(payload); err != nil {
		return problemf(malformed, "payload: %v", err)
	}
	if err := json.Unmarshal(payload, v); err != nil {
		return problemf(malformed, "payload: %v", err)
	}
	return nil
}

// stringMember reads an optional string member.
func stringMember(m map[string]json.RawMessage, name string) (value string, present bool, err error) {
	raw, ok := m[name]
	if !ok {
		return "", false, nil
	}
	// A JSON null would leave the string empty without an error.
	if err := json.Unmarshal(raw, &value); err != nil || string(raw) == "null" {
		return "", true, fmt.Errorf("member %q is not a string", name)
	}
	return value, true, nil
}

// binaryMember reads a required member, base64url without padding.
func binaryMember(m map[string]json.RawMessage, name string) ([]byte, error) {
	text, ok, err := stringMember(m, name)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("member %q is missing", name)
	}
	data, err := decodeBase64(text)
	if err != nil {
		return nil, fmt.Errorf("member %q: %w", name, err)
	}
	return data, nil
}

// decodeBase64 reads canonical base64url without padding, so that encodeBase64
// gives the same text again. RFC 8555 6.1 forbids trailing "=".
func decodeBase64(s string) ([]byte, error) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err == nil && strings.ContainsAny(s, "\r\n") { // which Strict ignores
		err = errors.New("line break")
	}
	if err != nil {
		return nil, fmt.Errorf("not base64url without padding: %w", err)
	}
	return data, nil
}

func encodeBase64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }
