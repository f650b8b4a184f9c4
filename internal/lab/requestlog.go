package lab

import (
	"context"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A Request is one that the lab served.
type Request struct {
	Time     time.Time // when it was answered
	Endpoint Endpoint  // empty when there is no such resource
	Method   string
	Path     string
	Status   int // 0 when the connection was cut before an answer
}

// requestCapacity is how many requests the log remembers.
const requestCapacity = 10000

// requestLog is a ring of the latest requests. It may be used from several
// goroutines at once; the zero value is empty.
type requestLog struct {
	mu   sync.Mutex
	ring []Request
	next int // the oldest, once the ring is full
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

// recorded adds each request to the log, and lets the lab wait for its end.
func (l *Lab) recorded(e Endpoint, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !l.enter() {
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

// statusWriter logs a response once its status is known, before any of it is
// on the wire: a client that has its answer finds it in the log.
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

// connectionKey is the context key of a request's connection.
type connectionKey struct{}

func rememberConnection(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, c)
}
