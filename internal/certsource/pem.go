package certsource

import (
	"bytes"
	"encoding/base64"
	"fmt"
)

// The marks of RFC 7468 section 2. Blocks are found by them alone, wherever in
// a line they stand: files that were joined without a line break between have
// two in one line, and package encoding/pem passes over what it cannot decode
// without a word.
const (
	beginMark = "-----BEGIN "
	endMark   = "-----END "
	markEnd   = "-----"
)

// maxLabel bounds a label: a longer one is no mark.
const maxLabel = 64

// block is one PEM block as it stands in the source.
type block struct {
	label  string
	body   []byte // between the marks
	offset int
	line   int
}

// pem reads every block. Each byte is looked at a fixed number of times,
// whatever is missing where.
func (p *parser) pem(data []byte) error {
	if len(data) > 1 && (data[0] == 0xff && data[1] == 0xfe || data[0] == 0xfe && data[1] == 0xff) {
		return &ContentError{Name: p.Name, Found: "text in UTF-16, which must be saved as UTF-8 or ASCII first"}
	}
	open := block{} // label "": none
	at, line := 0, 1
	for {
		next, begins, label, after := nextMark(data, at)
		if next < 0 {
			break
		}
		line += bytes.Count(data[at:next], []byte("\n"))
		switch {
		case begins:
			p.unended(open)
			open = block{label: label, body: data[after:], offset: next, line: line}
		case open.label == "":
			p.fault(&Fault{Name: p.Name, Line: line, Offset: next, Detail: fmt.Sprintf("the end of a block %q that did not begin", label)})
		case open.label != label:
			p.fault(&Fault{Name: p.Name, Label: open.label, Line: open.line, Offset: open.offset, Detail: fmt.Sprintf("it ends as %q", label)})
			open = block{}
		default:
			open.body = open.body[:len(open.body)-(len(data)-next)]
			if err := p.block(open); err != nil {
				return err
			}
			open = block{}
		}
		at = after
	}
	p.unended(open)
	return nil
}

// unended reports a block that has no end mark.
func (p *parser) unended(b block) {
	if b.label != "" {
		p.fault(&Fault{Name: p.Name, Label: b.label, Line: b.line, Offset: b.offset, Detail: "it is cut short: its end mark is missing"})
	}
}

// nextMark finds the next begin or end mark from at on; next is -1 when there
// is none.
func nextMark(data []byte, at int) (next int, begins bool, label string, after int) {
	for at < len(data) {
		i := bytes.Index(data[at:], []byte(markEnd))
		if i < 0 {
			break
		}
		at += i
		run := len(data) - at - len(bytes.TrimLeft(data[at:], "-"))
		at += run - len(markEnd) // of many dashes a mark has the last
		rest := data[at:]
		mark := ""
		switch {
		case bytes.HasPrefix(rest, []byte(beginMark)):
			mark = beginMark
		case bytes.HasPrefix(rest, []byte(endMark)):
			mark = endMark
		default:
			at += len(markEnd)
			continue
		}
		text := rest[len(mark):min(len(rest), len(mark)+maxLabel+len(markEnd))]
		end := bytes.Index(text, []byte(markEnd))
		if end <= 0 || bytes.ContainsAny(text[:end], "\r\n") {
			at += len(mark)
			continue
		}
		return at, mark == beginMark, string(text[:end]), at + len(mark) + end + len(markEnd)
	}
	return -1, false, "", 0
}

// kindOf tells what a label promises: the labels of RFC 7468 sections 5 to 7,
// and older ones that openssl writes. Other labels promise nothing to us.
func kindOf(label string) (Kind, bool) {
	switch label {
	case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
		return Certificate, true
	case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST":
		return CSR, true
	}
	return "", false
}

// block takes one block in.
func (p *parser) block(b block) error {
	kind, ours := kindOf(b.label)
	if !ours && b.label != "PKCS7" && b.label != "CMS" && b.label != "PKCS12" {
		p.skip(b.label)
		return nil
	}
	fault := &Fault{Name: p.Name, Label: b.label, Line: b.line, Offset: b.offset}
	der, detail := decodeBody(b.body)
	if detail != "" {
		fault.Detail = detail
		p.fault(fault)
		return nil
	}
	if !ours {
		return p.container(der, fault)
	}
	p.labelled(b, kind, der, fault)
	return nil
}

// labelled looks at the DER of a block with one of our labels. Where it is
// surely something else the label is wrong, and that is a fault; where it is
// damaged the label stands.
func (p *parser) labelled(b block, kind Kind, der []byte, fault *Fault) {
	shape, whole, rest := look(der)
	if len(rest) > 0 && b.label != "TRUSTED CERTIFICATE" { // to that openssl appends its trust settings
		f := *fault
		f.Detail = fmt.Sprintf("%d bytes after the DER", len(rest))
		p.fault(&f)
	}
	if shape != shapeUnknown && Kind(shape) != kind {
		fault.Detail = "it holds " + shape.describe()
		p.fault(fault)
		kind = Kind(shape)
	}
	if kind == CSR || kind == Certificate {
		p.item(Item{Kind: kind, DER: whole, Offset: b.offset, Line: b.line})
	}
}

// decodeBody decodes the base64 between the marks, after the headers of RFC
// 1421 where there are any.
func decodeBody(body []byte) (der []byte, detail string) {
	if i := bytes.Index(body, []byte(":")); i >= 0 {
		if _, after, found := bytes.Cut(body, []byte("\n\n")); found {
			body = after
		} else if _, after, found := bytes.Cut(body, []byte("\r\n\r\n")); found {
			body = after
		}
	}
	text := make([]byte, 0, len(body))
	for _, c := range body {
		switch c {
		case ' ', '\t', '\r', '\n', '\v', '\f':
		default:
			text = append(text, c)
		}
	}
	if len(text) == 0 {
		return nil, "it is empty"
	}
	n, err := base64.StdEncoding.Decode(text, text)
	if err != nil {
		return nil, "its base64 is damaged: " + err.Error()
	}
	return text[:n], ""
}
