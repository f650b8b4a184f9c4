package acmewire

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
)

// Connect begins to connect to the server while the caller makes ready what it
// will send, and returns at once. It sends no request. It does nothing after the
// first request, and without a directory from an earlier process, as then the
// first request is due at once. What goes wrong is for that to tell.
func (c *Client) Connect(ctx context.Context) {
	w := c.wire
	if w.directory().Directory == nil || w.Requests() > 0 || w.connecting != nil {
		return
	}
	w.connecting = make(chan struct{})
	go func() {
		defer close(w.connecting)
		w.connect(ctx)
	}()
}

// connect begins a request and gives it up as soon as it dials. The transport
// goes on dialling then, since a later request can use the connection.
func (w *Wire) connect(ctx context.Context) {
	ctx, giveUp := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		ConnectStart: func(string, string) {
			giveUp(errConnecting)
			<-ended // so that no connection is there before the request is given up
		},
	})
	defer giveUp(nil)
	defer close(ended)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.dirURL, nil)
	if err != nil {
		return
	}
	if resp, err := w.base(req.URL.Hostname()).RoundTrip(req); err == nil {
		resp.Body.Close()
	}
}

// errConnecting ends the request that only connects.
var errConnecting = errors.New("only connecting")
