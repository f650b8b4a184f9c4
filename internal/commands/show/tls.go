package show

import (
	"crypto/tls"
	"fmt"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/ui"
)

// tlsDoc is what was agreed on with a live server, and what it showed.
type tlsDoc struct {
	Version     string `json:"version"`
	CipherSuite string `json:"cipherSuite"`
	Group       string `json:"group,omitempty"` // of the key exchange
	// ClientCertificateAsked says that the server wants mutual TLS, or can do it.
	ClientCertificateAsked bool                `json:"clientCertificateAsked"`
	AcceptableCAs          []string            `json:"acceptableCAs,omitempty"` // for client certificates
	Chain                  []session.TrustCert `json:"chain"`                   // as it was sent
}

// liveTLS reads the facts off the wire; nil: nothing has answered.
func liveTLS(w *acmewire.Wire) *tlsDoc {
	s := w.Connection()
	if s == nil {
		return nil
	}
	d := &tlsDoc{Version: tls.VersionName(s.Version), CipherSuite: tls.CipherSuiteName(s.CipherSuite), Chain: session.TrustCertsOf(s.PeerCertificates)}
	if s.CurveID != 0 {
		d.Group = s.CurveID.String()
	}
	if asked := w.ClientCertRequest(); asked != nil {
		d.ClientCertificateAsked, d.AcceptableCAs = true, asked.CAs
	}
	return d
}

// addTo adds the facts to those of the server.
func (d *tlsDoc) addTo(f *ui.Fields) {
	if d == nil {
		return
	}
	words := d.Version + ", " + d.CipherSuite
	if d.Group != "" {
		words += ", " + d.Group
	}
	f.Add("tls", words)
	for i, c := range d.Chain {
		f.Add("chain", fmt.Sprintf("%d: %s", i+1, c.Line()))
	}
	if d.ClientCertificateAsked {
		f.Add("mutual tls", "a client certificate is asked for")
	}
	for _, name := range d.AcceptableCAs {
		f.Add("takes", name)
	}
}
