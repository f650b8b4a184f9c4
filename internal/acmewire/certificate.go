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
	Alternates   []string            // URLs of other chains for the same leaf
}

// maxChain bounds how many certificates of a hostile download are parsed.
const maxChain = 16

// Certificate downloads the chain at url.
func (c *Client) Certificate(ctx context.Context, url string) (*Chain, error) {
	ex, err := c.do(ctx, func(ctx context.Context) error { return c.post(ctx, url, nil) })
	if err != nil {
		return nil, err
	}
	chain := &Chain{URL: url, Alternates: links(ex, "alternate")}
	if chain.Certificates, err = parseChain(ex.raw); err != nil {
		return nil, &ProtocolError{Request: ex.request(), Found: "the download cannot be used", Err: err, Clause: "RFC 8555 7.4.2"}
	}
	c.wire.judgeChain(ex, chain)
	return chain, nil
}

// parseChain reads certificates in PEM and ignores text around the blocks.
func parseChain(raw []byte) (chain []*x509.Certificate, err error) {
	for block, rest := pem.Decode(raw); block != nil; block, rest = pem.Decode(rest) {
		n := len(chain) + 1
		if n > maxChain {
			return nil, fmt.Errorf("the chain has more than %d certificates", maxChain)
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("PEM block %d is a %.60q, want CERTIFICATE", n, block.Type)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d of the chain: %w", n, err)
		}
		chain = append(chain, cert)
	}
	if len(chain) == 0 {
		return nil, fmt.Errorf("no PEM certificate in its %d bytes", len(raw))
	}
	return chain, nil
}

// EncodePEM writes certificates as concatenated PEM blocks.
func EncodePEM(certs []*x509.Certificate) []byte {
	var out []byte
	for _, c := range certs {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return out
}
