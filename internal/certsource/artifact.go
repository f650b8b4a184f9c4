// Package certsource reads certificate requests and certificates from wherever
// people have them: PEM with anything between the blocks, DER, PKCS#12, PKCS#7,
// standard input, or the chain that a TLS server shows.
//
// It takes things apart and judges nothing: an [Item] is DER that claims to be
// a request or a certificate, however broken inside. One damaged part among
// good ones is a fault beside them, not the end. Private keys that lie beside
// certificates are passed over and counted, and never kept; [OpenPKCS12] alone
// opens one. Every input is capped, and no input makes it recurse.
package certsource

import (
	"context"
	"crypto/tls"
	"io"
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

// Item is one request or certificate. Its DER is not parsed beyond telling the
// one from the other, so that it may be malformed inside.
type Item struct {
	Kind Kind
	DER  []byte
	// Label tells items of one source apart, as in "#2"; empty when there is
	// only one.
	Label string
	// Offset is where the item begins in the source, in bytes: its PEM block,
	// or its DER. Zero where the source is a container that was opened, or a
	// server.
	Offset int
	// Line is the line of the PEM block's beginning, from 1; zero for others.
	Line int
}

// Skipped counts what was passed over: blocks with the label of something else.
type Skipped struct {
	Label string `json:"label"` // of the PEM block, as in PRIVATE KEY
	Count int    `json:"count"`
}

// Artifact is what one source holds. It has at least one item, in the order of
// the source.
type Artifact struct {
	Name    string // as the user named it; - for standard input
	Items   []Item
	Faults  []error   // a *Fault for each part that could not be taken whole
	Skipped []Skipped // in the order of their first appearance
	TLS     *TLS      // of HOST:PORT; nil for all else
}

// Options says how to read. The zero value reads what needs no secret.
type Options struct {
	// Passphrase opens PKCS#12; the zero value tries the empty one.
	Passphrase secret.Bytes
	// Stdin is what "-" names; nil: "-" is refused.
	Stdin io.Reader
	// FilesOnly refuses HOST:PORT, as where a server has no such thing.
	FilesOnly bool
	// ServerName is the SNI sent to HOST:PORT; empty: the host, unless that is
	// an address.
	ServerName string
	// Resolve has addresses by the HOST:PORT that they are dialled for, in lower
	// case; SNI stays the host.
	Resolve map[string]string
	// Certificate is shown to a server that asks for one; nil: none is.
	Certificate *tls.Certificate
}

// Parse reads the bytes of one source. The name is for messages alone. Its
// error is a *ContentError, a *PassphraseError or a *TooLargeError; with an
// error there is no Artifact.
func Parse(name string, data []byte, o Options) (*Artifact, error) {
	if len(data) > MaxSize {
		return nil, &TooLargeError{Name: name, Size: int64(len(data))}
	}
	p := &parser{Artifact: Artifact{Name: name}, options: o}
	read := p.pem
	if isDER(data) {
		read = p.der
	}
	if err := read(data); err != nil {
		return nil, err
	}
	return p.finish()
}

// Read reads a source: "-" is Options.Stdin, a file that exists is that file,
// and else what looks like HOST:PORT is a TLS server, whose chain is taken
// without trusting it. It ends when ctx does. Beside the errors of [Parse] it
// gives *ReadError for a file, *ConnectError for a server, and ctx's own.
func Read(ctx context.Context, target string, o Options) (*Artifact, error) {
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

// parser gathers what one source holds.
type parser struct {
	Artifact
	options Options
	unsaid  int // faults beyond maxFaults
}

// maxFaults bounds how many faults of one source are told one by one.
const maxFaults = 100

func (p *parser) item(i Item) { p.Items = append(p.Items, i) }

func (p *parser) fault(f *Fault) {
	if len(p.Faults) == maxFaults {
		p.unsaid++
		return
	}
	p.Faults = append(p.Faults, f)
}

func (p *parser) skip(label string) {
	for i := range p.Skipped {
		if p.Skipped[i].Label == label {
			p.Skipped[i].Count++
			return
		}
	}
	// A file of a million labels has nothing to tell by listing them.
	if len(p.Skipped) < maxFaults {
		p.Skipped = append(p.Skipped, Skipped{Label: label, Count: 1})
	}
}

// finish labels the items, or says what there is instead of any.
func (p *parser) finish() (*Artifact, error) {
	if p.unsaid > 0 {
		p.Faults = append(p.Faults, &Fault{Name: p.Name, Detail: strconv.Itoa(p.unsaid) + " further damaged parts"})
	}
	switch {
	case len(p.Items) > 0:
	case len(p.Faults) > 0:
		return nil, &ContentError{Name: p.Name, Found: "nothing whole", Err: p.Faults[0]}
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
	return &p.Artifact, nil
}
