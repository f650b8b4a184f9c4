package lab

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// An exchangeFunc handles a request wrongly. It may call next, the correct handler.
type exchangeFunc func(w http.ResponseWriter, r *http.Request, next http.HandlerFunc)

// An exchangeFault makes the HTTP exchanges at an endpoint go wrong.
type exchangeFault struct {
	endpoint string // "all" for every endpoint
	once     bool
	done     atomic.Bool // set by the first exchange
	do       exchangeFunc
}

// withFaults wraps the handler of an endpoint in the faults of its exchanges.
func (l *Lab) withFaults(e Endpoint, next http.HandlerFunc) http.HandlerFunc {
	for _, f := range l.faults.exchanges {
		if f.endpoint != "all" && f.endpoint != string(e) {
			continue
		}
		correct := next
		next = func(w http.ResponseWriter, r *http.Request) {
			if f.once && f.done.Swap(true) {
				correct(w, r)
				return
			}
			f.do(w, r, correct)
		}
	}
	if l.faults.slow == 0 {
		return next
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if !pause(r, l.faults.slow) {
			closeConnection(w, r) // returning would send an empty 200
		}
		next(w, r)
	}
}

// pause waits for d. It reports false when the request ended before that.
func pause(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// htmlPage answers as a misconfigured proxy does.
func htmlPage(status int) exchangeFunc {
	return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<!DOCTYPE html>\n<html><head><title>%s</title></head><body><h1>%[1]s</h1></body></html>\n", http.StatusText(status))
	}
}

// bigBodySize is the length of the body that big-body sends.
const bigBodySize = 10 << 20

// bigBody answers with one JSON object of bigBodySize bytes.
func bigBody(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
	const head, tail = `{"padding":"`, `"}`
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(bigBodySize))
	_, _ = io.WriteString(w, head+strings.Repeat("x", bigBodySize-len(head)-len(tail))+tail) // the client may have hung up
}

// redirect sends the client to another path of the same server.
func redirect(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
	w.Header().Set("Location", "/elsewhere"+r.URL.Path)
	w.WriteHeader(http.StatusFound)
}

// cut handles the request and closes the connection without a response.
func cut(w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
	next(&discardWriter{header: make(http.Header)}, r)
	closeConnection(w, r)
}

// cutBefore closes the connection without handling the request.
func cutBefore(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) { closeConnection(w, r) }

// closeConnection closes the TCP connection of a request. It does not return.
func closeConnection(w http.ResponseWriter, r *http.Request) {
	if s, ok := w.(*statusWriter); ok {
		s.record() // before the client notices
	}
	if c, ok := r.Context().Value(connectionKey{}).(net.Conn); ok {
		_ = c.Close() // nobody is left to report it to
	}
	panic(http.ErrAbortHandler) // how net/http ends a handler without a response
}

// discardWriter drops a response.
type discardWriter struct{ header http.Header }

// Header implements http.ResponseWriter.
func (w *discardWriter) Header() http.Header { return w.header }

// Write implements http.ResponseWriter.
func (w *discardWriter) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader implements http.ResponseWriter.
func (w *discardWriter) WriteHeader(int) {}
