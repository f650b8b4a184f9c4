package lab

import (
	"context"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A Request is a request that the lab served.
type Request struct {
	Time     time.Time // when it was answered
	Endpoint Endpoint  // empty for an unknown resource
	Method   string
	Path     string
	Status   int // 0 when the connection was cut before an answer
}

// requestCapacity is how many requests the log remembers.
const requestCapacity = 10000

// requestLog is a ring buffer of the latest requests. It is safe for concurrent
// use. The zero value is empty.
type requestLog struct {
	mu   sync.Mutex
	ring []Request
	next int // the oldest request when the ring is full
}

func (g *requestLog) add(r Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.ring) < requestCapacity {
		g.ring = append(g.ring, r)
		return
	}
	g.ring[g.next] = r
	g.next = (g.next + 1) % requestCapacity
}

func (g *requestLog) all() []Request {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append(slices.Clone(g.ring[g.next:]), g.ring[:g.next]...)
}

// logRequest adds each request to the log, and makes Close wait for its end.
func (l *Lab) logRequest(e Endpoint, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !l.addRequest() {
			closeConnection(w, r)
		}
		defer l.workers.Done()
		s := &statusWriter{ResponseWriter: w}
		s.record = sync.OnceFunc(func() {
			l.served.add(Request{Time: l.now(), Endpoint: e, Method: r.Method, Path: r.URL.Path, Status: s.status})
			l.log.Debug("served", "method", r.Method, "path", r.URL.Path, "status", s.status)
		})
		defer s.record()
		next(s, r)
	}
}

// statusWriter logs a response when its status is known, before any of it is
// sent: a client that has its response finds the request in the log.
type statusWriter struct {
	http.ResponseWriter
	status int
	record func()
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.record()
	w.ResponseWriter.WriteHeader(status)
}

// connectionKey is the context key of a request's TCP connection.
type connectionKey struct{}

func rememberConnection(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, c)
}
