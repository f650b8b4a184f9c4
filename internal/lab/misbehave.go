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

// misbehaviour is what the knobs ask for, in the form in which the server and
// the CA look it up. The zero value misbehaves nowhere. It is fixed when the
// lab starts, but for the faults that strike once.
type misbehaviour struct {
	retryAfter          string // sent in place of the right value
	orderOK             bool   // newOrder answers 200
	accountOK           bool   // newAccount always answers 200
	locationMissing     bool   // newOrder without Location
	finalizeNoLocation  bool
	finalizeValid       bool // finalize answers valid at once
	challengeAlone      bool // an invalid challenge leaves the rest pending
	challengesNull      bool
	challengeRefuse     bool
	orderDeactivated    bool
	processingPolls     int
	expireEarly         time.Duration
	rejectIdentifier    string
	noInstances         bool   // NfInstanceId is an unknown identifier type
	tokenField          string // the only member that a token is taken from; empty: either
	tokenAuthority      string // named in place of the lab's own; "-": none
	tokenKind           string // tkauth-type in place of atc
	noChallengeToken    bool   // tkauth-01 challenges have no member token
	authority           authorityFaults
	refuseAlgorithm     string // of requests and new keys; empty: none
	rateLimited         int
	badNonce            int // percent
	directoryNoNewOrder bool
	directoryHTTPURLs   bool
	directoryEmpty      bool
	noRenewalInfo       bool
	renewalWindow       string // past, far or inverted
	tlsExpired          bool
	problemNullDetail   bool
	problemNoType       bool
	slow                time.Duration
	dateOff             time.Duration // added to the Date of every answer
	faults              []*fault
	certificate         certificateFaults
}

// certificateFaults are what the CA does wrong with a certificate.
type certificateFaults struct {
	dropSANURI     bool
	dropEKU        bool
	dropNFTypes    bool
	dropSubject    bool
	sanNotCritical bool
	dropName       bool
	extraName      bool
	foreignKey     bool
	badChain       bool
}

// A fault spoils the exchange at one endpoint.
type fault struct {
	endpoint Endpoint // empty means all
	once     bool
	spent    atomic.Bool
	strike   func(w http.ResponseWriter, r *http.Request, next http.HandlerFunc)
}

// newMisbehaviour reads the knobs in order; of two that contradict each other
// the later one holds.
func newMisbehaviour(knobs []Knob) (*misbehaviour, error) {
	m := &misbehaviour{}
	for _, k := range knobs {
		if err := k.apply(m); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// addFault reads "[ENDPOINT][:once]", where no endpoint or "all" means all.
func (m *misbehaviour) addFault(value string, strike func(http.ResponseWriter, *http.Request, http.HandlerFunc)) error {
	name, once := strings.CutSuffix(value, ":once")
	f := &fault{once: once, strike: strike}
	if name != "" && name != "all" {
		for _, e := range Endpoints() {
			if string(e) == name {
				f.endpoint = e
			}
		}
		if f.endpoint == "" {
			return fmt.Errorf("endpoint %q, want all or one of %q", name, Endpoints())
		}
	}
	m.faults = append(m.faults, f)
	return nil
}

// disturbed wraps an endpoint in what the knobs do to its exchanges.
func (l *Lab) disturbed(e Endpoint, next http.HandlerFunc) http.HandlerFunc {
	for _, f := range l.wrong.faults {
		if f.endpoint != "" && f.endpoint != e {
			continue
		}
		inner := next
		next = func(w http.ResponseWriter, r *http.Request) {
			if f.once && f.spent.Swap(true) {
				inner(w, r)
				return
			}
			f.strike(w, r, inner)
		}
	}
	if l.wrong.slow == 0 {
		return next
	}
	return func(w http.ResponseWriter, r *http.Request) {
		timer := time.NewTimer(l.wrong.slow)
		defer timer.Stop()
		select {
		case <-timer.C:
			next(w, r)
		case <-r.Context().Done():
			closeConnection(w, r) // or else the client had an empty 200
		}
	}
}

// htmlPage answers as a misconfigured proxy does.
func htmlPage(status int) func(http.ResponseWriter, *http.Request, http.HandlerFunc) {
	return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<!DOCTYPE html>\n<html><head><title>%s</title></head><body><h1>%[1]s</h1></body></html>\n", http.StatusText(status))
	}
}

// bigBodySize is the length of the body that big-body sends.
const bigBodySize = 10 << 20

// bigBody answers with one JSON object of ten megabytes.
func bigBody(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
	const head, tail = `{"padding":"`, `"}`
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(bigBodySize))
	w.WriteHeader(http.StatusOK)
	chunk := strings.Repeat("x", 64<<10)
	_, err := io.WriteString(w, head)
	for left := bigBodySize - len(head) - len(tail); left > 0 && err == nil; left -= len(chunk) {
		_, err = io.WriteString(w, chunk[:min(left, len(chunk))])
	}
	if err == nil {
		_, _ = io.WriteString(w, tail) // the client may have hung up by now
	}
}

// redirect sends the client elsewhere on the same server.
func redirect(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
	w.Header().Set("Location", "/elsewhere"+r.URL.Path)
	w.WriteHeader(http.StatusFound)
}

// cut acts upon the request and closes the connection in place of answering.
func cut(w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
	next(&discardWriter{header: make(http.Header)}, r)
	closeConnection(w, r)
}

// cutBefore closes the connection without acting.
func cutBefore(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) { closeConnection(w, r) }

// closeConnection ends the TCP connection of a request, and with it the
// handler.
func closeConnection(w http.ResponseWriter, r *http.Request) {
	if s, ok := w.(*statusWriter); ok {
		s.record() // before the client notices
	}
	if c, ok := r.Context().Value(connectionKey{}).(net.Conn); ok {
		_ = c.Close() // nobody is left to be told
	}
	panic(http.ErrAbortHandler) // net/http's own way to end without an answer
}

// discardWriter is a response that nobody receives.
type discardWriter struct{ header http.Header }

// Header implements http.ResponseWriter.
func (w *discardWriter) Header() http.Header { return w.header }

// Write implements http.ResponseWriter.
func (w *discardWriter) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader implements http.ResponseWriter.
func (w *discardWriter) WriteHeader(int) {}
