package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// maxBody bounds what is read of an answer.
const maxBody = 64 << 10

// consume makes one request of the producer and says how it went.
func (s *settings) consume(ctx context.Context, stdout io.Writer) error {
	if len(s.args) != 1 || !strings.HasPrefix(s.args[0], "/") {
		return errors.New("consume: want the path of a resource, as in /nsmf-pdusession/v1/sm-contexts")
	}
	conf, err := s.tlsConfig()
	if err != nil {
		return err
	}
	token, err := os.ReadFile(s.token)
	if err != nil {
		return err
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	transport := &http.Transport{TLSClientConfig: conf, Protocols: protocols}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, os.Getenv(producerVar)+s.args[0], nil)
	if err != nil {
		return err
	}
	req.Host = s.host
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		var p problem
		_ = json.Unmarshal(body, &p) // then there is no detail
		return fmt.Errorf("%s %s: %s", resp.Proto, resp.Status, p.Detail)
	}
	_, err = fmt.Fprintf(stdout, "%s %s: %s\n", resp.Proto, resp.Status, body)
	return err
}
