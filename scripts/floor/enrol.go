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
	"time"
)

// The pause before the first poll of an order, and its bound as it doubles.
const (
	firstPoll = 5 * time.Millisecond
	lastPoll  = 500 * time.Millisecond
)

// order holds what is used of RFC 8555 7.1.3.
type order struct {
	Status         string   `json:"status"`
	Authorizations []string `json:"authorizations"`
	Finalize       string   `json:"finalize"`
	Certificate    string   `json:"certificate"`
}

// authorization holds what is used of RFC 8555 7.1.4.
type authorization struct {
	Challenges []struct {
		Type  string `json:"type"`
		URL   string `json:"url"`
		Token string `json:"token"`
	} `json:"challenges"`
}

// enrol gets a certificate for name. It never asks for the authorization
// again: the order's own polls say when it is ready (RFC 8555 7.1.6). It
// returns how many polls found the order unfinished.
func (c *client) enrol(ctx context.Context, name, listen string) (extra int, err error) {
	var o order
	url, err := c.post(ctx, c.dir.NewOrder, map[string]any{
		"identifiers": []map[string]string{{"type": "dns", "value": name}},
	}, &o)
	if err != nil {
		return 0, err
	}
	if url == "" || len(o.Authorizations) != 1 {
		return 0, fmt.Errorf("the new order has Location %q and %d authorizations, want one of each", url, len(o.Authorizations))
	}
	stop, err := c.answer(ctx, o.Authorizations[0], listen)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	waited, err := c.await(ctx, url, "ready", &o)
	if err != nil {
		return 0, err
	}
	key, csr, err := newCSR(name)
	if err != nil {
		return 0, err
	}
	if _, err := c.post(ctx, o.Finalize, map[string]string{"csr": b64(csr)}, &o); err != nil {
		return 0, err
	}
	extra = waited
	if o.Status != "valid" {
		if waited, err = c.await(ctx, url, "valid", &o); err != nil {
			return 0, err
		}
		extra += waited
	}
	return extra, c.download(ctx, o.Certificate, key)
}

// answer puts the http-01 response of the authorization in place on address
// listen, tells the server so, and returns what takes it away again.
func (c *client) answer(ctx context.Context, url, listen string) (stop func() error, err error) {
	var authz authorization
	if _, err := c.post(ctx, url, nil, &authz); err != nil {
		return nil, err
	}
	key, err := newJWK(&c.key.PublicKey)
	if err != nil {
		return nil, err
	}
	thumbprint, err := key.thumbprint()
	if err != nil {
		return nil, err
	}
	for _, ch := range authz.Challenges {
		if ch.Type != "http-01" {
			continue
		}
		stop, err := serve(listen, ch.Token, ch.Token+"."+thumbprint)
		if err != nil {
			return nil, err
		}
		if _, err := c.post(ctx, ch.URL, struct{}{}, nil); err != nil {
			return nil, errors.Join(err, stop())
		}
		return stop, nil
	}
	return nil, fmt.Errorf("authorization %s offers no http-01", url)
}

// serve answers for token at the path of RFC 8555 8.3 until stop is called.
func serve(listen, token, content string) (stop func() error, err error) {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/acme-challenge/"+token, func(w http.ResponseWriter, _ *http.Request) {
		// A server that does not read on shows as a challenge that fails.
		_, _ = io.WriteString(w, content)
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	return func() error {
		err := server.Close()
		<-done
		return err
	}, nil
}

// await polls the order until it has the wanted status, and returns how many
// polls found another one.
func (c *client) await(ctx context.Context, url, want string, o *order) (extra int, err error) {
	for pause := firstPoll; ; pause = min(2*pause, lastPoll) {
		select {
		case <-ctx.Done():
			return extra, fmt.Errorf("waiting for order %s to be %s: %w", url, want, ctx.Err())
		case <-time.After(pause):
		}
		if _, err := c.post(ctx, url, nil, o); err != nil {
			return extra, err
		}
		switch o.Status {
		case want:
			return extra, nil
		case "invalid":
			return extra, fmt.Errorf("order %s became invalid, want %s", url, want)
		}
		extra++
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

// download fetches the chain and checks that its leaf has the key.
func (c *client) download(ctx context.Context, url string, key *ecdsa.PrivateKey) error {
	var chain []byte
	if _, err := c.post(ctx, url, nil, &chain); err != nil {
		return err
	}
	block, _ := pem.Decode(chain)
	if block == nil {
		return fmt.Errorf("certificate %s is not PEM", url)
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return fmt.Errorf("reading certificate %s: %w", url, err)
	}
	if !key.PublicKey.Equal(leaf.PublicKey) {
		return fmt.Errorf("certificate %s has a key that is not ours", url)
	}
	return nil
}
