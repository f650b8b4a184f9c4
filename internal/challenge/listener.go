package challenge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Bounds on one request to the listener. Anyone who can reach it may send one,
// and a CA's request is short.
const (
	requestTimeout = 10 * time.Second
	closeTimeout   = time.Second // for a request being answered when the last challenge ends
	maxHeader      = 16 << 10
)

// A Listener solves http-01 by answering the CA's request itself. It serves the
// presented tokens at their exact path, and tells another nfcert that it is one.
//
// The first Present opens the socket and the last CleanUp closes it, unless
// Prepare opened it or it was given: then it stays open until Close. While
// another nfcert uses the address, opening waits.
type Listener struct {
	// Early lets Prepare open the socket.
	Early bool

	addr  string
	given net.Listener // from NewListenerOn, else nil

	opening chan struct{} // holds one while the socket is being opened

	mu      sync.Mutex // guards starting and stopping the server
	server  *http.Server
	socket  net.Listener
	serving chan error // receives what Serve returned, once
	kept    bool       // the socket stays open until Close
	closed  bool       // the given socket is closed

	contentMu sync.Mutex
	content   map[string]*served // by token
}

// served is the answer for one token.
type served struct {
	content string
	fetches Fetches
	watches []*func() // called with each fetch
}

// NewListener returns a solver that listens on addr, "host:port" as in
// [net.Listen]. Without a host it answers on IPv4 and, where the system has it,
// IPv6. Port 0 chooses a free one; see [Listener.Addr].
func NewListener(addr string) *Listener {
	return &Listener{addr: addr, opening: make(chan struct{}, 1), content: make(map[string]*served)}
}

// NewListenerOn returns a solver that answers on ln. It owns ln, which stays open
// until Close.
func NewListenerOn(ln net.Listener) *Listener {
	l := NewListener(ln.Addr().String())
	l.given, l.kept = ln, true
	return l
}

// Type returns "http-01".
func (*Listener) Type() string { return HTTP01 }

// Method returns "listener".
func (*Listener) Method() string { return MethodListener }

// Proves reports whether http-01 can prove the identifier.
func (*Listener) Proves(id Identifier) bool { return provesHTTP01(id) }

// Prepare opens the socket if Early is set. The error is a [ListenError], or ctx
// was canceled.
func (l *Listener) Prepare(ctx context.Context) error {
	if !l.Early || l.given != nil {
		return nil
	}
	return l.open(ctx, true)
}

// Plan returns the placement: Where is the address to listen on.
func (l *Listener) Plan(c Challenge) (Placement, error) {
	p, err := planHTTP01(c)
	if err != nil {
		return Placement{}, err
	}
	p.Method, p.Where = MethodListener, l.addr
	return p, nil
}

// Present answers for the token from now on. When the socket cannot be opened
// the error is a [ListenError].
func (l *Listener) Present(ctx context.Context, _ Challenge, p Placement) error {
	if err := checkToken(p.Token); err != nil {
		return err
	}
	// The token comes first: with one in place, the clean-up of another
	// challenge does not close the socket.
	l.contentMu.Lock()
	if s := l.content[p.Token]; s == nil || s.content != p.Content {
		l.content[p.Token] = &served{content: p.Content}
	}
	l.contentMu.Unlock()
	return l.open(ctx, false)
}

// CleanUp stops answering for the token, and closes the socket after the last
// unless it is to stay open.
func (l *Listener) CleanUp(_ context.Context, p Placement) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.forget(p.Token) > 0 || l.kept {
		return nil
	}
	return l.shut()
}

// forget drops one token and returns how many are left.
func (l *Listener) forget(token string) int {
	l.contentMu.Lock()
	defer l.contentMu.Unlock()
	delete(l.content, token)
	return len(l.content)
}

// Close drops all tokens and closes the socket. It is safe to call again.
func (l *Listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.contentMu.Lock()
	clear(l.content)
	l.contentMu.Unlock()
	if l.server == nil && l.given != nil && !l.closed {
		l.closed = true
		return l.given.Close()
	}
	return l.shut()
}

// Watch calls fetched with each request that was answered for the token.
func (l *Listener) Watch(p Placement, fetched func()) (stop func()) {
	l.contentMu.Lock()
	defer l.contentMu.Unlock()
	s := l.content[p.Token]
	if s == nil {
		return func() {}
	}
	watch := &fetched
	s.watches = append(s.watches, watch)
	if s.fetches.Count > 0 {
		fetched()
	}
	return func() {
		l.contentMu.Lock()
		defer l.contentMu.Unlock()
		s.watches = slices.DeleteFunc(s.watches, func(w *func()) bool { return w == watch })
	}
}

// Fetches returns who requested the token.
func (l *Listener) Fetches(p Placement) Fetches {
	l.contentMu.Lock()
	defer l.contentMu.Unlock()
	if s := l.content[p.Token]; s != nil {
		return s.fetches
	}
	return Fetches{}
}

// Addr returns the address that the listener answers on, or nil while it has no
// socket.
func (l *Listener) Addr() net.Addr {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.socket != nil:
		return l.socket.Addr()
	case l.given != nil && !l.closed:
		return l.given.Addr()
	}
	return nil
}

// open starts serving unless it does already. keep leaves the socket open until
// Close. mu is not held while open waits for the address, so that CleanUp and
// Close need not wait.
func (l *Listener) open(ctx context.Context, keep bool) error {
	select {
	case l.opening <- struct{}{}:
		defer func() { <-l.opening }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if open, err := l.isOpen(keep); open || err != nil {
		return err
	}
	socket := l.given
	if socket == nil {
		var err error
		if socket, err = listen(ctx, l.addr); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = l.kept || keep
	l.start(socket)
	return nil
}

// isOpen reports whether the listener is serving, and from then on keeps the
// socket if that is wanted.
func (l *Listener) isOpen(keep bool) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false, &ListenError{Addr: l.addr, Err: net.ErrClosed}
	}
	if l.server == nil {
		return false, nil
	}
	l.kept = l.kept || keep
	return true, nil
}

// start serves on a socket. The caller holds mu.
func (l *Listener) start(socket net.Listener) {
	server := &http.Server{
		Handler:        http.HandlerFunc(l.serve),
		ReadTimeout:    requestTimeout,
		WriteTimeout:   requestTimeout,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       log.New(io.Discard, "", 0), // invalid requests of strangers are not the user's concern
	}
	server.SetKeepAlivesEnabled(false) // a CA asks once; idle connections would only delay closing
	l.server, l.socket, l.serving = server, socket, make(chan error, 1)
	go func(serving chan<- error) { serving <- server.Serve(socket) }(l.serving)
}

// shut stops serving and waits for it. The caller holds mu.
func (l *Listener) shut() error {
	if l.server == nil {
		return nil
	}
	// A fresh context: cleaning up must work when the caller's has ended.
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if err := l.server.Shutdown(ctx); err != nil {
		l.server.Close()
	}
	err := <-l.serving
	l.server, l.socket, l.serving = nil, nil, nil
	l.closed, l.kept = l.given != nil, l.given != nil
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving http-01 on %q: %w", l.addr, err)
	}
	return nil
}

// serve answers one request.
func (l *Listener) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == probePath {
		w.Header().Set(probeHeader, HTTP01)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	content, ok := l.lookup(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream") // RFC 8555 8.3
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	if r.Method == http.MethodGet {
		if _, err := io.WriteString(w, content); err == nil {
			l.note(r)
		}
	}
}

// note counts a fetch and calls those who watch the token.
func (l *Listener) note(r *http.Request) {
	l.contentMu.Lock()
	defer l.contentMu.Unlock()
	s := l.content[strings.TrimPrefix(r.URL.Path, wellKnown)]
	if s == nil {
		return // cleaned up meanwhile
	}
	s.fetches.Count++
	s.fetches.Last, _, _ = net.SplitHostPort(r.RemoteAddr)
	for _, fetched := range s.watches {
		(*fetched)()
	}
}

// lookup returns what is to be served. The path must be exact: a RawPath means
// that it came in some escaped form.
func (l *Listener) lookup(r *http.Request) (string, bool) {
	token, ok := strings.CutPrefix(r.URL.Path, wellKnown)
	if !ok || r.URL.RawPath != "" || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
		return "", false
	}
	l.contentMu.Lock()
	defer l.contentMu.Unlock()
	s, ok := l.content[token]
	if !ok {
		return "", false
	}
	return s.content, true
}
