package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"time"
)

// The pause before the first poll of an order, and its limit as it doubles.
const (
	firstPoll = 5 * time.Millisecond
	lastPoll  = 500 * time.Millisecond
)

// order has the members of RFC 8555 7.1.3 that are used.
type order struct {
	Status, Finalize, Certificate string
	Authorizations                []string
}

// challenge has the members of RFC 8555 7.1.5 that are used.
type challenge struct{ Type, URL, Token string }

// enrol gets a certificate for name. It never asks for the authorization again:
// the order's own polls show when it is ready (RFC 8555 7.1.6).
func (c *client) enrol(ctx context.Context, name, listen string) {
	var o order
	names := []map[string]string{{"type": "dns", "value": name}}
	url := c.post(ctx, c.dir.NewOrder, map[string]any{"identifiers": names}, &o)
	if c.err == nil && (url == "" || len(o.Authorizations) != 1) {
		c.err = fmt.Errorf("the new order has Location %q and %d authorizations, want one of each", url, len(o.Authorizations))
	}
	if c.err != nil {
		return
	}
	stop := c.answer(ctx, o.Authorizations[0], listen)
	defer stop()
	c.await(ctx, url, "ready", &o)
	key, csr, err := newCSR(name)
	c.err = errors.Join(c.err, err)
	c.post(ctx, o.Finalize, map[string]string{"csr": b64(csr)}, &o)
	if o.Status != "valid" {
		c.await(ctx, url, "valid", &o)
	}
	var chain []byte
	c.post(ctx, o.Certificate, nil, &chain)
	if c.err == nil {
		c.err = checkChain(chain, key)
	}
}

// answer serves the http-01 response of the authorization on address listen until
// stop is called, and tells the server so.
func (c *client) answer(ctx context.Context, url, listen string) (stop func()) {
	stop = func() {}
	var authorization struct{ Challenges []challenge }
	c.post(ctx, url, nil, &authorization)
	key, err := newJWK(&c.key.PublicKey)
	if c.err = errors.Join(c.err, err); c.err != nil {
		return stop
	}
	i := slices.IndexFunc(authorization.Challenges, func(ch challenge) bool { return ch.Type == "http-01" })
	if i < 0 {
		c.err = fmt.Errorf("authorization %s offers no http-01", url)
		return stop
	}
	ch := authorization.Challenges[i]
	if stop, c.err = serve(listen, ch.Token, ch.Token+"."+key.thumbprint()); c.err == nil {
		c.post(ctx, ch.URL, struct{}{}, nil)
	}
	return stop
}

// serve answers for token at the path of RFC 8555 8.3 until stop is called.
func serve(listen, token, content string) (stop func(), err error) {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return func() {}, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/acme-challenge/"+token, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, content) // if it does not arrive, the challenge fails
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	return func() {
		server.Close()
		<-done
	}, nil
}

// await polls the order until it has the wanted status, and counts the polls that
// found another one.
func (c *client) await(ctx context.Context, url, want string, o *order) {
	for pause := firstPoll; c.err == nil; pause = min(2*pause, lastPoll) {
		select {
		case <-ctx.Done():
			c.err = fmt.Errorf("waiting for order %s to be %s: %w", url, want, ctx.Err())
		case <-time.After(pause):
		}
		switch c.post(ctx, url, nil, o); {
		case c.err != nil, o.Status == want:
			return
		case o.Status == "invalid":
			c.err = fmt.Errorf("order %s became invalid, want %s", url, want)
		}
		c.ExtraPolls++
	}
}

// newCSR makes a key and a request for name alone.
func newCSR(name string) (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{name}}, key)
	return key, csr, err
}

// checkChain checks that the leaf of a chain has the key.
func checkChain(chain []byte, key *ecdsa.PrivateKey) error {
	block, _ := pem.Decode(chain)
	if block == nil {
		return errors.New("the certificate is not PEM")
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return fmt.Errorf("reading the certificate: %w", err)
	}
	if !key.PublicKey.Equal(leaf.PublicKey) {
		return errors.New("the certificate has a key that is not ours")
	}
	return nil
}
