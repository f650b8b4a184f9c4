package ui

import (
	"bufio"
	"bytes"
	"io"
)

// JSONList writes one JSON document with a long list, an element at a time, so
// that the list need not fit into memory. It escapes the same characters as
// [WriteJSON]. The document is complete only after Close.
type JSONList struct {
	w      *bufio.Writer
	indent string
	count  int
}

// NewJSONList starts a document with the members of head, which must encode as a
// non-empty object, and a list with the given name.
func NewJSONList(w io.Writer, head any, member string) (*JSONList, error) {
	members, err := objectMembers(head)
	if err != nil {
		return nil, err
	}
	return beginList(w, "{\n  "+members+",\n  \""+member+"\": [", "    ")
}

// beginList starts a list after the text before it. indent is that of its elements.
func beginList(w io.Writer, open, indent string) (*JSONList, error) {
	l := &JSONList{w: bufio.NewWriterSize(w, 64<<10), indent: indent}
	return l, l.write(open)
}

// Add writes one element.
func (l *JSONList) Add(v any) error {
	data, err := encode(v, l.indent, "  ")
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

// Close ends the document with the members of tail, a non-empty object.
func (l *JSONList) Close(tail any) error {
	members, err := objectMembers(tail)
	if err != nil {
		return err
	}
	return l.end("],\n  " + members + "\n}\n")
}

// end ends the document with the text after the list.
func (l *JSONList) end(text string) error {
	if l.count > 0 {
		text = "\n" + l.indent[2:] + text
	}
	if err := l.write(text); err != nil {
		return err
	}
	return wrote("JSON", l.w.Flush())
}

func (l *JSONList) write(text string) error {
	_, err := l.w.WriteString(text)
	return wrote("JSON", err)
}

// objectMembers returns the JSON of an object without its braces.
func objectMembers(v any) (string, error) {
	data, err := encode(v, "", "  ")
	if err != nil {
		return "", err
	}
	return string(bytes.TrimSpace(data[1 : len(data)-1])), nil
}
