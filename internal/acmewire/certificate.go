package acmewire

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

// Chain is an issued certificate with its issuers (RFC 8555 section 7.4.2).
type Chain struct {
	URL          string
	Certificates []*x509.Certificate // leaf first, at least one
	Alternates   []string            // where the server offers other chains for the same leaf
}

// Certificate downloads the chain at url.
func (c *Client) Certificate(ctx context.Context, url string) (*Chain, error) {
	ex, err := c.do(ctx, func(ctx context.Context) error {
		_, err := c.acme.FetchCert(ctx, url, true)
		return err
	})
	if err != nil {
		return nil, notChain(ex, err)
	}
	chain := &Chain{URL: url, Alternates: links(ex, "alternate")}
	for rest := ex.raw; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return chain, nil
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, notChain(ex, &ProtocolError{
				Request: Request{Method: ex.Method, URL: ex.URL, Status: ex.Status},
				Found:   fmt.Sprintf("certificate %d of the chain cannot be read", len(chain.Certificates)+1), Err: err, Clause: "RFC 8555 7.4.2",
			})
		}
		chain.Certificates = append(chain.Certificates, cert)
	}
}

// notChain replaces the words about JSON, which nobody expected here.
func notChain(ex *Exchange, err error) error {
	p, ok := err.(*ProtocolError)
	if !ok || ex == nil || ex.Status != 200 || p.Err != nil && p.Clause != "" {
		return err
	}
	return &ProtocolError{
		Request: p.Request, Clause: "RFC 8555 7.4.2",
		Found: fmt.Sprintf("the download is no PEM certificate chain (%d bytes of %.60q)", ex.BodySize, ex.header.Get("Content-Type")),
	}
}

// EncodePEM writes certificates as concatenated PEM blocks.
func EncodePEM(certs []*x509.Certificate) []byte {
	var out []byte
	for _, c := range certs {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return out
}
