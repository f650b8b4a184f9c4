package acmewire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
)

// A limit of the transport's own must not pass for the end of the caller's
// context: the caller would think that its time is up. These limits are too
// long to be met in a test.
func TestTransportLimit(t *testing.T) {
	for name, err := range map[string]error{
		"dial":   &net.OpError{Op: "dial", Net: "tcp", Err: fmt.Errorf("i/o timeout: %w", context.DeadlineExceeded)},
		"header": fmt.Errorf("net/http: timeout awaiting response headers: %w", context.DeadlineExceeded),
		"read":   &net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded},
	} {
		got := networkError(Request{Method: "GET", URL: "https://ca.example/x"}, StageConnect, err)
		if errors.Is(got, context.DeadlineExceeded) {
			t.Errorf("%s: %v is the context's end", name, got)
		}
		if want := "connecting to ca.example: no answer in time"; got.Error() != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// A late event of a connection that was given up does not set the stage back.
func TestProgress(t *testing.T) {
	var p progress
	if got := p.stage(); got != StageConnect {
		t.Errorf("nothing yet: %q, want %q", got, StageConnect)
	}
	trace := p.trace()
	trace.TLSHandshakeStart()
	trace.ConnectStart("tcp", "")
	if got := p.stage(); got != StageTLS {
		t.Errorf("got %q, want %q", got, StageTLS)
	}
}
