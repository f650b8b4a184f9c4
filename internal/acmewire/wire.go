package acmewire

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
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
	// Pin, when not nil, is trusted in place of Roots: a certificate that the
	// server shows, or one of PinRoots.
	Pin      *Pin
	PinRoots []*x509.Certificate
	// Resolve has addresses by the "host:port" that they are dialled for, in
	// lower case. SNI and trust stay the host's. A proxy looks names up itself.
	Resolve map[string]string
	// Proxy finds the proxy of a request; nil: by the process's environment.
	Proxy     func(*http.Request) (*url.URL, error)
	UserAgent string           // of every request (RFC 8555 section 6.1 demands one); "": nfcert
	MaxBody   int64            // of an answer, in bytes; 0: [DefaultMaxBody]
	Saved     Saved            // what an earlier process kept
	Observe   func(*Exchange)  // called after each exchange, in order; nil: nobody looks
	Clock     func() time.Time // nil: time.Now
	// Tokens says that the answers are a Token Authority's: their member token is
	// kept from Observe, and so is all that is not JSON.
	Tokens bool
}

// Transport returns the way to a server that speaks no ACME, such as a Token
// Authority: with the same trust, limits, errors and observation. Of the
// configuration DirectoryURL and Saved are not used.
func Transport(cfg Config) http.RoundTripper { return newWire(cfg) }

// Wire is the one way to a server. See the package comment.
type Wire struct {
	cfg       Config
	dirURL    string
	userAgent string
	maxBody   int64
	observe   func(*Exchange)
	tokens    bool
	clock     func() time.Time
	count     atomic.Int64
	nonces    nonces
	observed  sync.Mutex // one observation at a time, in order

	mu         sync.Mutex
	dir        kept
	met        map[DeviationID]*met
	bases      map[string]http.RoundTripper // by host
	pinned     *x509.Certificate
	connection *tls.ConnectionState
	asked      *AskedClient
	unlisted   string // how the client certificate differs from what the server asked for; "": it does not
}

// newWire connects to nothing yet.
func newWire(cfg Config) *Wire {
	w := &Wire{
		cfg: cfg, bases: make(map[string]http.RoundTripper), met: make(map[DeviationID]*met),
		dirURL: cfg.DirectoryURL, userAgent: cmp.Or(cfg.UserAgent, "nfcert"),
		maxBody: cfg.MaxBody, observe: cfg.Observe, tokens: cfg.Tokens, clock: cfg.Clock,
	}
	if w.maxBody <= 0 {
		w.maxBody = DefaultMaxBody
	}
	if w.clock == nil {
		w.clock = time.Now
	}
	w.load(cfg.Saved)
	return w
}

// RoundTrip implements [http.RoundTripper]. It answers the library's requests
// for directory and nonce from what is kept, and sends everything else.
func (w *Wire) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := readRequest(req)
	if err != nil {
		return nil, err
	}
	if resp := w.fromKept(req); resp != nil {
		return resp, nil
	}
	if err := checkURL(req.Method, req.URL.String()); err != nil {
		return nil, err
	}
	ex, err := w.send(req, body)
	var resp *http.Response
	if err == nil {
		resp, err = w.receive(req, ex)
	}
	if err != nil {
		ex.Error = err.Error()
	}
	if c := captured(req.Context()); c != nil {
		c.last = ex
	}
	w.show(ex)
	return resp, err
}

// readRequest takes the body out of a request and closes it, as a RoundTripper
// must whatever comes after. nil: there is none.
func readRequest(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	body, err := io.ReadAll(req.Body)
	return body, errors.Join(err, req.Body.Close())
}

// send makes one exchange. The Exchange is never nil.
func (w *Wire) send(req *http.Request, request []byte) (*Exchange, error) {
	ex := &Exchange{
		Number: int(w.count.Add(1)), Time: w.clock().UTC(), Method: req.Method, URL: req.URL.String(),
	}
	ex.decodeRequest(request)
	var came progress
	out := req.Clone(httptrace.WithClientTrace(req.Context(), came.trace()))
	if request != nil {
		// With GetBody the transport moves a POST to a fresh connection when
		// the kept one had ended before a byte was written, and only then.
		out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(request)), nil }
		out.Body, _ = out.GetBody()
	}
	out.Header.Set("User-Agent", w.userAgent)
	out.Header.Set("Accept-Language", "en")
	proxy, _ := w.proxyOf(req) // the transport finds the same, and tells the error
	ex.Proxy = shownProxy(proxy)
	began := time.Now()
	resp, err := w.base(req.URL.Hostname()).RoundTrip(out)
	var body []byte
	if err == nil {
		body, err = readCapped(resp.Body, w.maxBody)
		resp.Body.Close()
	}
	if err == nil && len(body) == 0 && req.Method != http.MethodHead {
		// A server that notices us leaving may end its answer before it began,
		// and net/http takes that for one.
		err = req.Context().Err()
	}
	ex.Duration = time.Since(began)
	ex.Millis = float64(ex.Duration.Microseconds()) / 1000
	if resp != nil {
		ex.decodeAnswer(resp, body)
		w.agreed(resp.TLS)
	}
	if w.tokens {
		ex.hideTokens(request, body)
	}
	if err != nil {
		err = w.failure(req, ex, came.stage(), err)
	}
	return ex, err
}

// agreed keeps the TLS facts of the latest answer. As the server answered, it
// accepted the client certificate.
func (w *Wire) agreed(s *tls.ConnectionState) {
	w.mu.Lock()
	unlisted := w.unlisted
	w.connection, w.unlisted = s, ""
	w.mu.Unlock()
	if unlisted != "" {
		w.Deviated(DevClientCertificateIssuers, unlisted)
	}
}

// failure gives a failed round trip its type. The context's own end wins over
// the words the transport found for it.
func (w *Wire) failure(req *http.Request, ex *Exchange, at Stage, err error) error {
	if errors.Is(err, errTooLarge) {
		return ex.broken(fmt.Sprintf("the answer's body is over %d KiB", (w.maxBody+1023)>>10), "")
	}
	if cause := req.Context().Err(); cause != nil {
		return ended(ex, cause)
	}
	e := networkError(ex.request(), at, err)
	e.Address = w.cfg.Resolve[strings.ToLower(hostPort(req.URL))]
	if ex.Proxy != "" || errors.Is(err, errProxyURL) {
		e.throughProxy(ex.Proxy)
	}
	if e.Stage == StageTLS {
		e.Client = w.Asked()
		if e.isSilent() {
			e.Offer = w.offered(req)
		}
	}
	return e
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

// receive keeps the nonce of an answer and makes the response that the caller
// sees. Only who asked for a nonce finds one there: the wire alone keeps them.
func (w *Wire) receive(req *http.Request, ex *Exchange) (*http.Response, error) {
	if ex.Status >= 300 && ex.Status < 400 && req.Method != http.MethodGet {
		return nil, ex.broken(fmt.Sprintf("redirected to %.200q, where only the directory may be", ex.header.Get("Location")), "RFC 8555 6.2")
	}
	w.judge(ex)
	if isBadNonce(ex) {
		w.nonces.clear() // whatever is kept is as old as the refused one
	}
	w.nonces.put(ex.header.Get("Replay-Nonce"), ex.Time)
	h := ex.header.Clone()
	h.Del("Replay-Nonce")
	if req.Method == http.MethodHead { // newNonce
		v, ok := w.nonces.take()
		if !ok && ex.isSuccess() {
			return nil, ex.broken(fmt.Sprintf("the answer has no usable nonce: Replay-Nonce is %.60q", ex.header.Get("Replay-Nonce")), "RFC 8555 7.2")
		}
		h.Set("Replay-Nonce", v)
	}
	return synthetic(req, ex.Status, h, ex.raw), nil
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
