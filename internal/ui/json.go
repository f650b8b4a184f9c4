package ui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"
)

// WriteJSON writes v as an indented JSON document and a newline, in one write.
// Control characters and invisible characters are escaped, which makes no
// difference to a JSON parser.
func WriteJSON(w io.Writer, v any) error { return writeJSON(w, v, "  ") }

// WriteJSONLine writes v as one line of JSON, in one write.
func WriteJSONLine(w io.Writer, v any) error { return writeJSON(w, v, "") }

func writeJSON(w io.Writer, v any, indent string) error {
	data, err := encode(v, "", indent)
	if err != nil {
		return err
	}
	_, err = w.Write(append(data, '\n'))
	return wrote("JSON", err)
}

// encode returns a value as JSON. All lines but the first start with prefix.
func encode(v any, prefix, indent string) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, indent)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding JSON: %w", err)
	}
	return escapeHidden(bytes.TrimSuffix(buf.Bytes(), []byte("\n"))), nil
}

// wrote adds to the error of a writer what was written to it.
func wrote(what string, err error) error {
	if err != nil {
		return fmt.Errorf("writing %s: %w", what, err)
	}
	return nil
}

// escapeHidden escapes the characters that [Clean] removes. Beyond ASCII they occur
// in JSON strings only, and package json has escaped C0.
func escapeHidden(data []byte) []byte {
	const del = 0x7f
	if !bytes.ContainsFunc(data, func(r rune) bool { return r >= del && isHidden(r) }) {
		return data
	}
	out := make([]byte, 0, len(data)+16)
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		switch {
		case r < del || !isHidden(r):
			out = append(out, data[:size]...)
		case r > 0xffff:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		data = data[size:]
	}
	return out
}
