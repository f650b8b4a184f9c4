package acmewire

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultMaxBody bounds an answer's body when [Config] does not: a chain of
// post-quantum certificates fits, a hostile answer does not.
const DefaultMaxBody = 1 << 20

// Config says how to reach one ACME server. DirectoryURL is required; the zero
// value of everything else is a sane default.
type Config struct {
	DirectoryURL string
	Roots        *x509.CertPool   // alone trusted for the server's TLS certificate; nil: the system's
	Certificate  *tls.Certificate // shown to a server that asks for one; nil: none
	UserAgent    string           // precedes the library's own
	MaxBody      int64            // of an answer, in bytes; 0: [DefaultMaxBody]
	Saved        Saved            // what an earlier process kept
	Observe      func(*Exchange)  // called after each exchange, in order; nil: nobody looks
	Clock        func() time.Time // nil: time.Now
}

// Wire is the one way to a server. See the package comment.
type Wire struct {
	base     http.RoundTripper
	maxBody  int64
	observe  func(*Exchange)
	clock    func() time.Time
	count    atomic.Int64
	nonces   nonces
	observed sync.Mutex // one observation at a time, in order

	mu         sync.Mutex
	dirURL     string
	dirRaw     []byte    // the directory as last seen or saved
	dirAt      time.Time // when it was fetched
	dirSaved   bool      // dirRaw came from an earlier process
	newNonce   string
	newOrder   string
	deviations []string
}

// newWire connects to nothing yet.
func newWire(cfg Config) *Wire {
	w := &Wire{
		maxBody: cfg.MaxBody, observe: cfg.Observe, clock: cfg.Clock,
		dirURL: cfg.DirectoryURL,
	}
	if w.maxBody <= 0 {
		w.maxBody = DefaultMaxBody
	}
	if w.clock == nil {
		w.clock = time.Now
	}
	tlsConfig := &tls.Config{
		MinVersion: tls.VersionTLS12, // TS 33.210 6.2 knows 1.2 and 1.3
		RootCAs:    cfg.Roots,
	}
	if cfg.Certificate != nil {
		tlsConfig.Certificates = []tls.Certificate{*cfg.Certificate}
	}
	w.base = newTransport(tlsConfig)
	w.load(cfg.Saved)
	return w
}

// newTransport has a limit for every way in which a server can keep silent.
func newTransport(tlsConfig *tls.Config) *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		Proxy:                  http.ProxyFromEnvironment,
		TLSClientConfig:        tlsConfig,
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  60 * time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConnsPerHost:    2,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// RoundTrip implements [http.RoundTripper]. It answers the library's requests
// for directory and nonce from what is kept, and sends everything else.
func (w *Wire) RoundTrip(req *http.Request) (*http.Response, error) {
	if resp := w.fromKept(req); resp != nil {
		return resp, nil
	}
	name := Request{Method: req.Method, URL: req.URL.String()}
	if req.URL.Scheme != "https" {
		return nil, &ProtocolError{Request: name, Found: fmt.Sprintf("the URL's scheme is %q, not https", req.URL.Scheme), Clause: "RFC 8555 6.1"}
	}
	ex, err := w.send(req, name)
	if c := captured(req.Context()); c != nil {
		c.last = ex
	}
	w.show(ex)
	if err != nil {
		return nil, err
	}
	if ex.Status >= 300 && ex.Status < 400 && req.Method != http.MethodGet {
		name.Status = ex.Status
		return nil, &ProtocolError{Request: name, Clause: "RFC 8555 6.2", Found: fmt.Sprintf(
			"redirected to %q; a signed request is bound to its URL and is not sent elsewhere", ex.header.Get("Location"))}
	}
	w.learn(ex)
	return w.response(req, ex), nil
}

// send makes one exchange. The Exchange is never nil.
func (w *Wire) send(req *http.Request, name Request) (*Exchange, error) {
	ex := &Exchange{
		Number: int(w.count.Add(1)), Time: w.clock().UTC(), Method: name.Method, URL: name.URL,
	}
	began := time.Now()
	sent := false
	trace := &httptrace.ClientTrace{WroteRequest: func(i httptrace.WroteRequestInfo) { sent = i.Err == nil }}
	out := req.Clone(httptrace.WithClientTrace(req.Context(), trace))
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		req.Body.Close()
		if err != nil {
			return ex, err
		}
		ex.decodeRequest(body)
		out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		out.Body, _ = out.GetBody()
	}
	out.Header.Set("Accept-Language", "en")
	resp, err := w.base.RoundTrip(out)
	var body []byte
	if err == nil {
		body, err = readCapped(resp.Body, w.maxBody)
		resp.Body.Close()
	}
	ex.Duration = time.Since(began)
	ex.Millis = float64(ex.Duration.Microseconds()) / 1000
	if resp != nil {
		ex.decodeAnswer(resp, body)
		name.Status = resp.StatusCode
	}
	if err != nil {
		err = w.failure(req.Context(), name, sent, err)
		ex.Error = err.Error()
	}
	return ex, err
}

// failure gives a failed round trip its type. The context's own end wins over
// the words the transport found for it.
func (w *Wire) failure(ctx context.Context, name Request, sent bool, err error) error {
	if errors.Is(err, errTooLarge) {
		return &ProtocolError{Request: name, Found: fmt.Sprintf("the answer's body is over %d KiB", w.maxBody>>10)}
	}
	if cause := ctx.Err(); cause != nil {
		return fmt.Errorf("%s %s: %w", name.Method, name.URL, cause)
	}
	return networkError(name, sent, err)
}

var errTooLarge = errors.New("too large")

func readCapped(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(b)) > limit {
		return b[:limit], errTooLarge
	}
	return b, err
}

// show hands an exchange to the observer.
func (w *Wire) show(ex *Exchange) {
	if w.observe == nil {
		return
	}
	w.observed.Lock()
	defer w.observed.Unlock()
	w.observe(ex)
}

// learn keeps the nonce and the directory of an answer and notes where the
// server departs from RFC 8555 harmlessly.
func (w *Wire) learn(ex *Exchange) {
	bad := (&Problem{Type: ex.problemType()}).HasType("badNonce")
	if bad {
		w.nonces.clear() // whatever is kept is as old as the refused one
	}
	if ex.Method != http.MethodHead { // newNonce's is handed to who asked
		w.nonces.put(ex.header.Get("Replay-Nonce"))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if ex.URL == w.dirURL && ex.Method == http.MethodGet && ex.Status == http.StatusOK {
		w.keepDirectory(ex.raw, ex.Time)
	}
}

// response makes the answer that the caller sees. It carries no Replay-Nonce,
// except to who asked for one: the wire alone keeps nonces.
func (w *Wire) response(req *http.Request, ex *Exchange) *http.Response {
	h := ex.header.Clone()
	if req.Method != http.MethodHead {
		h.Del("Replay-Nonce")
	}
	status := ex.Status
	w.mu.Lock()
	if status == http.StatusOK && ex.Method == http.MethodPost && ex.URL == w.newOrder {
		// The order exists; sending the request again would make a second.
		w.deviations = append(w.deviations, "newOrder answered 200, RFC 8555 7.4 says 201")
		status = http.StatusCreated
	}
	w.mu.Unlock()
	return synthetic(req, status, h, ex.raw)
}

func synthetic(req *http.Request, status int, h http.Header, body []byte) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: req,
	}
}

// Requests is the number of HTTP requests sent so far.
func (w *Wire) Requests() int { return int(w.count.Load()) }

// Deviations tells, once, what departed from RFC 8555 and was forgiven.
func (w *Wire) Deviations() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.deviations
	w.deviations = nil
	return d
}
