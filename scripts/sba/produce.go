package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// producerVar tells the command of produce where the producer is.
const producerVar = "SBA_PRODUCER"

// produce serves one service while a command runs.
func (s *settings) produce(ctx context.Context, stdout, stderr io.Writer) error {
	if len(s.args) == 0 {
		return errors.New("produce: want -- COMMAND, which runs while the producer serves")
	}
	conf, err := s.tlsConfig()
	if err != nil {
		return err
	}
	g := &guard{nfType: s.nfType, scope: s.scope, now: time.Now}
	if g.instance, err = instanceOf(conf.Certificates[0].Leaf); err != nil {
		return err
	}
	if g.nrf, err = loadSigner(s.nrf, conf.RootCAs); err != nil {
		return err
	}
	if g.issuer, err = instanceOf(g.nrf); err != nil {
		return err
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true) // alone: TS 29.500 5.2
	server := &http.Server{Handler: g.serve(stderr), TLSConfig: conf, Protocols: protocols, ReadHeaderTimeout: 10 * time.Second}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.ServeTLS(ln, "", "") }()
	cmd := exec.CommandContext(ctx, s.args[0], s.args[1:]...)
	cmd.Env = append(os.Environ(), producerVar+"=https://"+ln.Addr().String())
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, stdout, stderr
	failure := cmd.Run()
	if err := server.Close(); failure == nil {
		failure = err
	}
	if err := <-ended; failure == nil && !errors.Is(err, http.ErrServerClosed) {
		failure = err
	}
	return failure
}

// problem is what a refused consumer is told (TS 29.571 ProblemDetails).
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

// serve answers who is admitted. TLS has seen to it that there is a certificate.
func (g *guard) serve(log io.Writer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var consumer *x509.Certificate
		if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
			consumer = r.TLS.VerifiedChains[0][0]
		}
		token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		var id string
		err := errors.New("no access token")
		if consumer != nil && bearer {
			id, err = g.admits(token, consumer)
		}
		if err != nil {
			fmt.Fprintf(log, "producer: refused: %v\n", err)
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnauthorized)
			_ = json.NewEncoder(w).Encode(problem{Title: "Unauthorized", Status: http.StatusUnauthorized, Detail: err.Error()}) // who is gone needs no answer
			return
		}
		fmt.Fprintf(log, "producer: served NF instance %s\n", id)
		fmt.Fprintf(w, "served NF instance %s", id)
	})
}
