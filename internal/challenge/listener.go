package challenge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Bounds on one request to the listener. It stands open to whoever can reach
// it, and a CA's request is short.
const (
	requestTimeout = 10 * time.Second
	closeTimeout   = time.Second // for a request being answered when the last challenge ends
	maxHeader      = 16 << 10
)

// A ListenError says that the listener could not open its socket.
type ListenError struct {
	Addr string // as given
	Err  error
}

func (e *ListenError) Error() string {
	reason := e.Err.Error()
	switch {
	case e.InUse():
		reason = "another program is listening there"
	case e.NeedsPrivilege():
		reason = "this user may not open that port"
	}
	return fmt.Sprintf("listening on %q for http-01: %s", e.Addr, reason)
}

func (e *ListenError) Unwrap() error { return e.Err }

// InUse reports whether another socket has the address.
func (e *ListenError) InUse() bool { return addressInUse(e.Err) }

// NeedsPrivilege reports whether the system denied this user the port, as most
// do for those below 1024.
func (e *ListenError) NeedsPrivilege() bool { return addressDenied(e.Err) }

// A Listener solves http-01 by answering the CA's request itself. It serves the
// presented tokens at their exact path and nothing else.
type Listener struct {
	addr  string
	given net.Listener // from NewListenerOn, else nil

	mu      sync.Mutex // guards opening and closing
	server  *http.Server
	socket  net.Listener
	serving chan error // receives what Serve returned, once
	closed  bool       // the given socket is closed for good

	looked chan struct{} // holds one

	contentMu sync.Mutex
	content   map[string]*served // by token
}

// served is what is answered for one token.
type served struct {
	content string
	looks   Looks
}

// NewListener returns a solver that listens on addr, "host:port" as in
// [net.Listen], while a challenge is presented: the first Present opens the
// socket, the last CleanUp closes it. Without a host it answers on IPv4 and, where
// the system has it, IPv6. Port 0 chooses a free one; see [Listener.Addr].
func NewListener(addr string) *Listener {
	return &Listener{addr: addr, looked: make(chan struct{}, 1), content: make(map[string]*served)}
}

// NewListenerOn returns a solver that answers on ln, which it owns from then on
// and which stays open until Close.
func NewListenerOn(ln net.Listener) *Listener {
	l := NewListener(ln.Addr().String())
	l.given = ln
	return l
}

// Type returns "http-01".
func (l *Listener) Type() string { return HTTP01 }

// Method returns "listener".
func (*Listener) Method() string { return MethodListener }

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
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.open(ctx); err != nil {
		return err
	}
	l.contentMu.Lock()
	defer l.contentMu.Unlock()
	if s := l.content[p.Token]; s == nil || s.content != p.Content {
		l.content[p.Token] = &served{content: p.Content}
		select {
		case <-l.looked: // nobody has looked at this one
		default:
		}
	}
	return nil
}

// CleanUp stops answering for the token, and closes the socket after the last.
func (l *Listener) CleanUp(_ context.Context, p Placement) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.forget(p.Token) > 0 || l.given != nil {
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

// Looked receives when each token that is answered for was asked for.
func (l *Listener) Looked() <-chan struct{} { return l.looked }

// Looks tells who asked for the token.
func (l *Listener) Looks(p Placement) Looks {
	l.contentMu.Lock()
	defer l.contentMu.Unlock()
	if s := l.content[p.Token]; s != nil {
		return s.looks
	}
	return Looks{}
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

// open starts serving unless it does already. The caller holds mu.
func (l *Listener) open(ctx context.Context) error {
	if l.server != nil {
		return nil
	}
	socket := l.given
	if l.closed {
		return &ListenError{Addr: l.addr, Err: net.ErrClosed}
	}
	if socket == nil {
		// On a wildcard host this is one socket for both IP versions, or an
		// IPv4 one where the system has no IPv6.
		var err error
		if socket, err = new(net.ListenConfig).Listen(ctx, "tcp", l.addr); err != nil {
			return &ListenError{Addr: l.addr, Err: err}
		}
	}
	server := &http.Server{
		Handler:        http.HandlerFunc(l.serve),
		ReadTimeout:    requestTimeout,
		WriteTimeout:   requestTimeout,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       log.New(io.Discard, "", 0), // what strangers send is not our user's concern
	}
	server.SetKeepAlivesEnabled(false) // a CA asks once; idle connections would only delay closing
	l.server, l.socket, l.serving = server, socket, make(chan error, 1)
	go func() { l.serving <- server.Serve(socket) }()
	return nil
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
	l.closed = l.given != nil
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving http-01 on %q: %w", l.addr, err)
	}
	return nil
}

// serve answers one request.
func (l *Listener) serve(w http.ResponseWriter, r *http.Request) {
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

// note counts a look, and tells of it when no token is left that nobody asked
// for.
func (l *Listener) note(r *http.Request) {
	l.contentMu.Lock()
	defer l.contentMu.Unlock()
	token := strings.TrimPrefix(r.URL.Path, wellKnown)
	if s := l.content[token]; s != nil {
		s.looks.Count++
		s.looks.Last, _, _ = net.SplitHostPort(r.RemoteAddr)
	}
	for _, s := range l.content {
		if s.looks.Count == 0 {
			return
		}
	}
	select {
	case l.looked <- struct{}{}:
	default: // one waits to be received already
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
