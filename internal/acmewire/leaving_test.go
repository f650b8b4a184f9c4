package acmewire

import (
	"context"
	"errors"
	"net/http"
	"testing"
)

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// A server may answer nothing at the moment it notices that the client is
// leaving. The error says that it left, not that the answer was empty.
func TestEmptyAnswerWhileLeaving(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := New(Config{DirectoryURL: "https://ca.example/directory"})
	c.wire.transports["ca.example"] = roundTrip(func(req *http.Request) (*http.Response, error) {
		cancel()
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
	})
	if _, err := c.Directory(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's end", err)
	}
}
