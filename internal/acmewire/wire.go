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

// DefaultMaxBody bounds an answer's body unless [Config] does. A chain of
// post-quantum certificates fits.
const DefaultMaxBody = 1 << 20

// Config says how to reach one ACME server. DirectoryURL is required; the zero
// value of everything else is a sane default.
type Config struct {
	DirectoryURL string
	Roots        *x509.CertPool   // alone trusted for the server's TLS certificate; nil: the system's
	Certificate  *tls.Certificate // sent to a server that asks for one; nil: none
	// Pin, if not nil, is trusted instead of Roots: a certificate that the server
	// sends, or one of PinRoots.
	Pin      *Pin
	PinRoots []*x509.Certificate
	// Resolve maps "host:port", in lower case, to the address to dial instead.
	// SNI and trust remain those of the host. A proxy resolves names itself.
	Resolve map[string]string
	// Proxy returns the proxy of a request; nil: from the environment.
	Proxy     func(*http.Request) (*url.URL, error)
	UserAgent string           // of every request (RFC 8555 section 6.1 demands one); "": nfcert
	MaxBody   int64            // of an answer, in bytes; 0: [DefaultMaxBody]
	Saved     Saved            // the cache of an earlier process
	Observe   func(*Exchange)  // called after each exchange, in order; may be nil
	Clock     func() time.Time // nil: time.Now
	// Tokens says that the server is a Token Authority: the member token of its
	// answers is hidden from Observe, and so is everything that is not JSON.
	Tokens bool
}

// Transport returns a transport to a server that is not an ACME server, such as a
// Token Authority, with the same trust, limits, errors and observation. It does
// not use DirectoryURL and Saved of the configuration.
func Transport(cfg Config) http.RoundTripper { return newWire(cfg) }

// Wire is the one transport to a server. See the package comment.
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
	observed  sync.Mutex    // one observation at a time, in order
	fetching  chan struct{} // holds a value while a client fetches the directory

	mu          sync.Mutex
	dir         cachedDirectory
	met         map[DeviationID]*met
	transports  map[string]http.RoundTripper // by host
	pinned      *x509.Certificate
	connection  *tls.ConnectionState
	certRequest *ClientCertRequest
	unlisted    string // why the client certificate does not fit certRequest; "" if it does
}

// newWire connects to nothing yet.
func newWire(cfg Config) *Wire {
	w := &Wire{
		cfg: cfg, transports: make(map[string]http.RoundTripper), met: make(map[DeviationID]*met), fetching: make(chan struct{}, 1),
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
// for directory and nonce from the cache, and sends everything else.
func (w *Wire) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := readRequest(req)
	if err != nil {
		return nil, err
	}
	if resp := w.fromCache(req); resp != nil {
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
	w.report(ex)
	return resp, err
}

// readRequest reads and closes the body of a request, as a RoundTripper must in
// any case. nil means that there is none.
func readRequest(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	body, err := io.ReadAll(req.Body)
	return body, errors.Join(err, req.Body.Close())
}

// send makes one exchange. The returned Exchange is never nil.
func (w *Wire) send(req *http.Request, request []byte) (*Exchange, error) {
	ex := &Exchange{
		Number: int(w.count.Add(1)), Time: w.clock().UTC(), Method: req.Method, URL: req.URL.String(),
	}
	ex.decodeRequest(request)
	var reached progress
	out := req.Clone(httptrace.WithClientTrace(req.Context(), reached.trace()))
	if request != nil {
		// With GetBody the transport sends a POST on a new connection if the
		// idle one had closed before a byte was written, and only then.
		out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(request)), nil }
		out.Body, _ = out.GetBody()
	}
	out.Header.Set("User-Agent", w.userAgent)
	out.Header.Set("Accept-Language", "en")
	proxy, _ := w.proxyOf(req) // the transport finds the same, and returns the error
	ex.Proxy = shownProxy(proxy)
	began := time.Now()
	resp, err := w.transport(req.URL.Hostname()).RoundTrip(out)
	var body []byte
	if err == nil {
		body, err = readCapped(resp.Body, w.maxBody)
		resp.Body.Close()
	}
	if err == nil && len(body) == 0 && req.Method != http.MethodHead {
		// When the context ends, a server may close its answer before it starts,
		// and net/http returns that as an empty answer.
		err = req.Context().Err()
	}
	ex.Duration = time.Since(began)
	ex.Millis = float64(ex.Duration.Microseconds()) / 1000
	if resp != nil {
		ex.decodeAnswer(resp, body)
		w.noteTLS(resp.TLS)
	}
	if w.tokens {
		ex.hideTokens(request, body)
	}
	if err != nil {
		err = w.failure(req, ex, reached.stage(), err)
	}
	return ex, err
}

// noteTLS keeps the TLS state of the latest answer. As the server answered, it
// accepted the client certificate.
func (w *Wire) noteTLS(s *tls.ConnectionState) {
	w.mu.Lock()
	unlisted := w.unlisted
	w.connection, w.unlisted = s, ""
	w.mu.Unlock()
	if unlisted != "" {
		w.Deviated(DevClientCertificateIssuers, unlisted)
	}
}

// failure gives a failed round trip its type. The end of the context takes
// precedence over the transport's error for it.
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
		e.Client = w.ClientCertRequest()
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

// report passes an exchange to the observer.
func (w *Wire) report(ex *Exchange) {
	if w.observe == nil {
		return
	}
	w.observed.Lock()
	defer w.observed.Unlock()
	w.observe(ex)
}

// receive keeps the nonce of an answer and makes the response for the caller.
// Only the answer to newNonce has a nonce there, because the wire keeps them.
func (w *Wire) receive(req *http.Request, ex *Exchange) (*http.Response, error) {
	if ex.Status >= 300 && ex.Status < 400 && req.Method != http.MethodGet {
		return nil, ex.broken(fmt.Sprintf("redirected to %.200q, but only a GET may be redirected", ex.header.Get("Location")), "RFC 8555 6.2")
	}
	w.judge(ex)
	if isBadNonce(ex) {
		w.nonces.clear() // the others are as old as the refused one
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
	return response(req, ex.Status, h, ex.raw), nil
}

// response makes a response from its parts.
func response(req *http.Request, status int, h http.Header, body []byte) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: req,
	}
}

// Requests returns how many HTTP requests were sent.
func (w *Wire) Requests() int { return int(w.count.Load()) }
