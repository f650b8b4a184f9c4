// Package certsource reads certificate requests and certificates from a file,
// standard input or a TLS server.
//
// It reads PEM with any text between the blocks, DER, PKCS#12, PKCS#7, and the
// chain that a TLS server sends. It checks nothing: an [Item] is DER that claims
// to be a request or a certificate, and may be malformed inside. One damaged part
// is a [Fault], and the other parts are still returned. Private keys next to
// certificates are skipped and counted, and never kept; only [OpenPKCS12] opens
// one. Every input is capped, and recursion is bounded.
package certsource

import (
	"context"
	"crypto/tls"
	"io"
	"slices"
	"strconv"

	"github.com/nfcert/nfcert/internal/secret"
)

// MaxSize bounds one source, in bytes.
const MaxSize = 16 << 20

// Kind says what an item claims to be.
type Kind string

// The kinds of item.
const (
	CSR         Kind = "csr"         // PKCS#10, RFC 2986
	Certificate Kind = "certificate" // X.509, RFC 5280
)

// Item is one request or certificate. Its DER is parsed only as far as needed to
// tell the two apart, so it may be malformed inside.
type Item struct {
	Kind Kind
	DER  []byte
	// Label distinguishes the items of one source, as in "#2"; empty when there
	// is only one.
	Label string
	// Offset is the byte of the source at which the item's PEM block or DER
	// starts; zero when it came out of a PKCS#12 or PKCS#7 file or from a server.
	Offset int
	// Line is the line at which the PEM block starts, from 1; zero for others.
	Line int
}

// Skipped counts PEM blocks that are neither requests nor certificates.
type Skipped struct {
	Label string `json:"label"` // of the PEM block, as in PRIVATE KEY
	Count int    `json:"count"`
}

// Contents is what was read from one source. It has at least one item, in the
// order of the source.
type Contents struct {
	Name    string // as the user wrote it; - for standard input
	Items   []Item
	Faults  []error   // a *Fault for each damaged part
	Skipped []Skipped // in the order of their first appearance
	TLS     *TLS      // facts about HOST:PORT; nil for all other sources
}

// Options says how to read. The zero value reads everything that needs no secret.
type Options struct {
	// Passphrase opens PKCS#12; the zero value is the empty passphrase.
	Passphrase secret.Bytes
	// Stdin is what "-" reads; nil refuses "-".
	Stdin io.Reader
	// FilesOnly refuses HOST:PORT, for requests, which no server sends.
	FilesOnly bool
	// ServerName is the SNI sent to HOST:PORT; empty means the host, and no SNI
	// when that is an IP address.
	ServerName string
	// Resolve maps HOST:PORT, in lower case, to the address to dial instead. The
	// SNI stays the host.
	Resolve map[string]string
	// Certificate is sent to a server that asks for one; nil sends none.
	Certificate *tls.Certificate
}

// Parse reads the bytes of one source. The name is used in messages only. An
// error is a *ContentError, a *PassphraseError or a *TooLargeError, and comes
// without Contents.
func Parse(name string, data []byte, o Options) (*Contents, error) {
	if len(data) > MaxSize {
		return nil, &TooLargeError{Name: name, Size: int64(len(data))}
	}
	p := &parser{Contents: Contents{Name: name}, options: o}
	read := p.pem
	if isDER(data) {
		read = p.der
	}
	if err := read(data); err != nil {
		return nil, err
	}
	return p.finish()
}

// Read reads a source. "-" is Options.Stdin. A target that exists is a file.
// Otherwise, a target that looks like HOST:PORT is a TLS server, whose chain is
// read without being trusted. Read ends when ctx does. Besides the errors of
// [Parse] it returns a *ReadError for a file, a *ConnectError for a server, or
// the error of ctx.
func Read(ctx context.Context, target string, o Options) (*Contents, error) {
	if target != "-" && !o.FilesOnly && !exists(target) {
		if address, ok := ParseAddress(target); ok {
			return readServer(ctx, target, address, o)
		}
	}
	data, err := readSource(ctx, target, o)
	if err != nil {
		return nil, err
	}
	return Parse(target, data, o)
}

// parser collects the contents of one source.
type parser struct {
	Contents
	options    Options
	moreFaults int // faults beyond maxFaults
}

// maxFaults bounds how many faults of one source are listed.
const maxFaults = 100

func (p *parser) item(i Item) { p.Items = append(p.Items, i) }

func (p *parser) fault(f *Fault) {
	if len(p.Faults) == maxFaults {
		p.moreFaults++
		return
	}
	p.Faults = append(p.Faults, f)
}

func (p *parser) skip(label string) {
	i := slices.IndexFunc(p.Skipped, func(s Skipped) bool { return s.Label == label })
	switch {
	case i >= 0:
		p.Skipped[i].Count++
	case len(p.Skipped) < maxFaults: // a file may have a million labels
		p.Skipped = append(p.Skipped, Skipped{Label: label, Count: 1})
	}
}

// finish labels the items. Without items, its error says what was found instead.
func (p *parser) finish() (*Contents, error) {
	if p.moreFaults > 0 {
		p.Faults = append(p.Faults, &Fault{Name: p.Name, Detail: strconv.Itoa(p.moreFaults) + " more damaged parts"})
	}
	switch {
	case len(p.Items) > 0:
	case len(p.Faults) > 0:
		return nil, &ContentError{Name: p.Name, Found: "only damaged parts", Err: p.Faults[0]}
	case len(p.Skipped) > 0:
		return nil, &ContentError{Name: p.Name, Found: describeLabel(p.Skipped[0].Label)}
	default:
		return nil, &ContentError{Name: p.Name, Found: "no PEM block and no DER"}
	}
	if len(p.Items) > 1 {
		for i := range p.Items {
			p.Items[i].Label = "#" + strconv.Itoa(i+1)
		}
	}
	return &p.Contents, nil
}
