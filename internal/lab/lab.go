// Package lab is a practice ACME server in one process: an RFC 8555 server, its
// certification authority, a Token Authority (RFC 9447), and misbehaviours that
// make each of them fail on purpose.
//
// A lab is for practice and tests. It listens on loopback, uses no DNS (every
// name resolves to this machine), keeps accounts and orders in memory, and
// issues certificates with the 5G core profile of TS 33.310 6.1.3c.3, which
// public ACME servers do not. It uses the standard library only and shares no
// protocol code with the client, so that a mistake in one is not repeated in
// the other.
//
//	l, err := lab.Start(ctx, lab.Options{HTTPPort: 5002})
//	if err != nil {
//		return err
//	}
//	defer l.Close()
//	fmt.Println(l.DirectoryURL())
package lab

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Notice must be shown whenever a lab is started for a person.
const Notice = "practice only: this lab CA is for practice and tests; never trust its roots in production"

// closeTimeout bounds how long Close waits for requests under way.
const closeTimeout = 2 * time.Second

// A Lab is a running ACME server with its CA. All methods may be called from
// several goroutines at once.
type Lab struct {
	options       Options
	faults        *faults
	log           *slog.Logger
	now           func() time.Time
	base          string // "https://host:port", no trailing slash
	plain         string // "http://host:port" of the CRL and issuer certificate
	tokenBase     string // "https://host:port" of the Token Authority
	signer        *tokenSigner
	tokenRequests atomic.Int64
	ca            *authorities
	nonces        *nonces
	usedTokens    usedTokens
	served        requestLog

	ctx     context.Context // ends when the lab closes, and every wait with it
	cancel  context.CancelFunc
	workers sync.WaitGroup // listeners, requests and validations
	done    chan struct{}  // closed when everything has ended
	failure error          // of the shutdown; read it after done only

	mu    sync.Mutex
	state state // guarded by mu
}

// Start makes the CA, listens, and serves until ctx ends or Close is called.
// The listener is open when Start returns. The notice is written to the logger;
// the caller must show it to a person.
func Start(ctx context.Context, o Options) (*Lab, error) {
	l, err := newLab(o)
	if err == nil {
		err = l.listen(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("starting the lab: %w", err)
	}
	l.log.Warn(Notice, "directory", l.DirectoryURL())
	return l, nil
}

func newLab(o Options) (*Lab, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	l := &Lab{
		options: o, log: o.Logger, now: o.Clock,
		nonces: newNonces(nonceCapacity),
		done:   make(chan struct{}),
		state:  newState(),
	}
	if l.faults, err = newFaults(o.Misbehave); err != nil {
		return nil, err
	}
	l.ca, err = openAuthorities(o.Dir, l.now())
	return l, err
}

// listen opens the listeners and starts to serve them.
func (l *Lab) listen(ctx context.Context) error {
	o := l.options
	host, _, _ := net.SplitHostPort(o.Listen) // Options.complete has checked it
	var open []net.Listener                   // ACME, plain HTTP, Token Authority
	fail := func(err error) error {
		for _, listener := range open {
			err = errors.Join(err, listener.Close())
		}
		return err
	}
	for _, address := range []string{o.Listen, net.JoinHostPort(host, "0"), net.JoinHostPort(host, "0")} {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return fail(err)
		}
		open = append(open, listener)
	}
	l.base = "https://" + hostPort(o.Host, open[0].Addr())
	l.plain = "http://" + hostPort(o.Host, open[1].Addr())
	l.tokenBase = "https://" + hostPort(o.Host, open[2].Addr())
	certificate, err := l.ca.serverCertificate(serverNames(o.Host, open[0].Addr()), l.now(), l.faults.tlsExpired)
	if err == nil {
		l.signer, err = l.ca.newTokenSigner(l.now())
	}
	if err != nil {
		return fail(err)
	}
	l.ctx, l.cancel = context.WithCancel(ctx)
	tokens := http.NewServeMux()
	tokens.HandleFunc(authorityPath, l.serveToken)
	acme, plain, authority := l.server(l.handler()), l.server(l.plainHandler()), l.server(tokens)
	acme.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}}
	authority.TLSConfig = acme.TLSConfig.Clone()
	if o.ClientCAs != nil || o.RequireClient {
		acme.TLSConfig.ClientAuth, acme.TLSConfig.ClientCAs = tls.RequireAndVerifyClientCert, l.clientCAs(o.RequireClient)
	}
	authority.TLSConfig.ClientAuth, authority.TLSConfig.ClientCAs = tls.VerifyClientCertIfGiven, l.clientCAs(true)
	l.workers.Go(func() { l.serverEnded(acme.ServeTLS(open[0], "", "")) })
	l.workers.Go(func() { l.serverEnded(plain.Serve(open[1])) })
	l.workers.Go(func() { l.serverEnded(authority.ServeTLS(open[2], "", "")) })
	go l.shutdown(acme, plain, authority)
	return nil
}

// server is an HTTP server with every timeout set. Its requests end with the lab.
func (l *Lab) server(h http.Handler) *http.Server {
	// HTTP/1.1 only: closing a connection then ends one exchange, and Shutdown
	// closes idle connections at once, not after a second.
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Server{
		Handler:           h,
		Protocols:         protocols,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute + l.faults.slow,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		BaseContext:       func(net.Listener) context.Context { return l.ctx },
		ConnContext:       rememberConnection,
		ErrorLog:          slog.NewLogLogger(l.log.Handler(), slog.LevelDebug),
	}
}

// serverEnded handles the end of a server. If it failed, the whole lab closes.
func (l *Lab) serverEnded(err error) {
	if !errors.Is(err, http.ErrServerClosed) {
		l.log.Error("the lab's listener failed", "error", err)
		l.cancel()
	}
}

// shutdown waits for the end of the lab's context, then stops the servers.
func (l *Lab) shutdown(servers ...*http.Server) {
	defer close(l.done)
	<-l.ctx.Done()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), closeTimeout)
	defer cancel()
	for _, s := range servers {
		err := s.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = s.Close() // closes the remaining connections
		}
		l.failure = errors.Join(l.failure, err)
	}
	l.mu.Lock()
	l.state.closed = true
	l.mu.Unlock()
	l.workers.Wait()
}

// addRequest counts a request among the workers, unless the lab has closed.
func (l *Lab) addRequest() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.state.closed {
		l.workers.Add(1)
	}
	return !l.state.closed
}

// Close stops listening, waits at most two seconds for requests under way,
// cancels validations, and returns when every goroutine of the lab has ended.
// It may be called again.
func (l *Lab) Close() error {
	l.cancel()
	<-l.done
	return l.failure
}

// DirectoryURL is the URL of the directory (RFC 8555 7.1.1).
func (l *Lab) DirectoryURL() string { return l.url(EndpointDirectory) }

// TLSRootPEM is the root of the server's TLS certificate.
func (l *Lab) TLSRootPEM() []byte { return l.ca.tlsRoot.pem() }

// IssuerRootPEM is the root of the default chain of issued certificates.
func (l *Lab) IssuerRootPEM() []byte { return l.ca.issuerRoot.pem() }

// AlternateRootPEM is the root of the alternate chain (RFC 8555 7.4.2).
func (l *Lab) AlternateRootPEM() []byte { return l.ca.alternateRoot.pem() }

// Requests returns the requests since the start, oldest first, but at most the
// last 10 000.
func (l *Lab) Requests() []Request { return l.served.all() }
