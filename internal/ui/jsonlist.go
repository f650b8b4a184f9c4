package ui

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// JSONList writes one JSON document with a long list in it, an element at a
// time, so that the list is never held in memory. Characters that a terminal
// would obey or hide are escaped, as by [WriteJSON]. Nothing is complete before
// Close.
type JSONList struct {
	w      *bufio.Writer
	indent string
	count  int
}

// NewJSONList begins a document: the members of head, which must encode as an
// object that is not empty, and the list under the given name.
func NewJSONList(w io.Writer, head any, member string) (*JSONList, error) {
	members, err := objectMembers(head)
	if err != nil {
		return nil, err
	}
	return beginList(w, "{\n  "+members+",\n  \""+member+"\": [", "    ")
}

// beginList begins a list after text that opens the document. The elements are
// indented.
func beginList(w io.Writer, open, indent string) (*JSONList, error) {
	l := &JSONList{w: bufio.NewWriterSize(w, 64<<10), indent: indent}
	return l, l.write(open)
}

// Add writes one element.
func (l *JSONList) Add(v any) error {
	data, err := encode(v, l.indent)
	if err != nil {
		return err
	}
	separator := ",\n" + l.indent
	if l.count == 0 {
		separator = separator[1:]
	}
	l.count++
	if err := l.write(separator); err != nil {
		return err
	}
	return l.write(string(data))
}

// Close ends the document with the members of tail, an object as head was.
func (l *JSONList) Close(tail any) error {
	members, err := objectMembers(tail)
	if err != nil {
		return err
	}
	return l.end("],\n  " + members + "\n}\n")
}

// end ends the document with text that closes all that is open.
func (l *JSONList) end(text string) error {
	if l.count > 0 {
		text = "\n" + l.indent[2:] + text
	}
	if err := l.write(text); err != nil {
		return err
	}
	return wroteJSON(l.w.Flush())
}

func (l *JSONList) write(text string) error {
	_, err := l.w.WriteString(text)
	return wroteJSON(err)
}

func wroteJSON(err error) error {
	if err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}

// objectMembers is an object's text without its braces, as members of the
// document itself.
func objectMembers(v any) (string, error) {
	data, err := encode(v, "")
	if err != nil {
		return "", err
	}
	return string(bytes.TrimSpace(data[1 : len(data)-1])), nil
}

// encode is a value as indented JSON, of which all lines but the first begin
// with prefix.
func encode(v any, prefix string) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, "  ")
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding JSON: %w", err)
	}
	return escapeHidden(bytes.TrimSuffix(buf.Bytes(), []byte("\n"))), nil
}
