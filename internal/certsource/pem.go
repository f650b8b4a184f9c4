package certsource

import (
	"bytes"
	"encoding/base64"
	"fmt"
)

// The marks of RFC 7468 section 2. They are recognised anywhere in a line: files
// that were joined without a line break have two marks in one line. Package
// encoding/pem is not used, because it skips damaged blocks silently.
const (
	beginMark = "-----BEGIN "
	endMark   = "-----END "
	markEnd   = "-----"
)

// maxLabel bounds a label. Dashes with a longer text are not a mark.
const maxLabel = 64

// block is one PEM block, not decoded.
type block struct {
	label  string
	body   []byte // between the marks
	offset int
	line   int
}

// pem reads every block, in linear time whatever the damage.
func (p *parser) pem(data []byte) error {
	if len(data) > 1 && (data[0] == 0xff && data[1] == 0xfe || data[0] == 0xfe && data[1] == 0xff) {
		return &ContentError{Name: p.Name, Found: "text in UTF-16; save it as UTF-8 or ASCII first"}
	}
	open := block{} // no block when label is empty
	at, line := 0, 1
	for {
		next, begins, label, after := nextMark(data, at)
		if next < 0 {
			break
		}
		line += bytes.Count(data[at:next], []byte("\n"))
		switch {
		case begins:
			p.unterminated(open)
			open = block{label: label, body: data[after:], offset: next, line: line}
		case open.label == "":
			p.fault(&Fault{Name: p.Name, Line: line, Offset: next, Detail: fmt.Sprintf("end of a block %q without its start", label)})
		case open.label != label:
			p.fault(&Fault{Name: p.Name, Label: open.label, Line: open.line, Offset: open.offset, Detail: fmt.Sprintf("ends as %q", label)})
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
	p.unterminated(open)
	return nil
}

// unterminated reports a block without an end mark.
func (p *parser) unterminated(b block) {
	if b.label != "" {
		p.fault(&Fault{Name: p.Name, Label: b.label, Line: b.line, Offset: b.offset, Detail: "truncated: the end mark is missing"})
	}
}

// nextMark finds the next begin or end mark at or after at; next is -1 without
// one.
func nextMark(data []byte, at int) (next int, begins bool, label string, after int) {
	for at < len(data) {
		i := bytes.Index(data[at:], []byte(markEnd))
		if i < 0 {
			break
		}
		at += i
		run := len(data) - at - len(bytes.TrimLeft(data[at:], "-"))
		at += run - len(markEnd) // a mark starts with the last five of many dashes
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

// kinds are what labels stand for: the labels of RFC 7468 sections 5 to 7, and
// older ones that openssl writes.
var kinds = map[string]Kind{
	"CERTIFICATE":             Certificate,
	"X509 CERTIFICATE":        Certificate,
	"TRUSTED CERTIFICATE":     Certificate,
	"CERTIFICATE REQUEST":     CSR,
	"NEW CERTIFICATE REQUEST": CSR,
}

// block reads one block.
func (p *parser) block(b block) error {
	kind, ours := kinds[b.label]
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

// labelled reads the DER of a block with the label of a request or certificate.
// DER that is clearly something else is a fault. DER that is damaged keeps the
// kind of its label.
func (p *parser) labelled(b block, kind Kind, der []byte, fault *Fault) {
	shape, whole, rest := classify(der)
	if len(rest) > 0 && b.label != "TRUSTED CERTIFICATE" { // openssl appends its trust settings there
		f := *fault
		f.Detail = fmt.Sprintf("%d bytes after the DER", len(rest))
		p.fault(&f)
	}
	if shape != shapeUnknown && Kind(shape) != kind {
		fault.Detail = "holds " + shape.describe()
		p.fault(fault)
		kind = Kind(shape)
	}
	if kind == CSR || kind == Certificate {
		p.item(Item{Kind: kind, DER: whole, Offset: b.offset, Line: b.line})
	}
}

// decodeBody decodes the base64 between the marks, after any headers of RFC 1421.
func decodeBody(body []byte) (der []byte, detail string) {
	if i := bytes.Index(body, []byte(":")); i >= 0 {
		if _, after, found := bytes.Cut(body, []byte("\n\n")); found {
			body = after
		} else if _, after, found := bytes.Cut(body, []byte("\r\n\r\n")); found {
			body = after
		}
	}
	text := bytes.Join(bytes.Fields(body), nil)
	if len(text) == 0 {
		return nil, "empty"
	}
	n, err := base64.StdEncoding.Decode(text, text)
	if err != nil {
		return nil, "invalid base64: " + err.Error()
	}
	return text[:n], ""
}
