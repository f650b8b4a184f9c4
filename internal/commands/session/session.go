// Package session opens what a command works on: the state directory and, for
// commands that talk to one, an ACME server with its trust, client certificate and
// record of exchanges.
package session

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"net/http"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/store"
)

// Session is an open state directory with an engine and, for most commands, a
// server. [Session.Close] saves what later commands use.
type Session struct {
	Call    *cli.Call
	Store   *store.Store
	Engine  *enroll.Engine
	Server  *Server // nil: the command uses no server
	Account string

	enrolment  *enroll.Enrolment // of -n; nil: not read yet
	record     recorder
	exchanges  int           // number of exchanges so far
	saving     chan error    // the result of saving the server; nil: not started
	clockAhead time.Duration // how far the server's clock is ahead, by its last answer

	warnedOfClock, warnedOfProxy bool
}

// Local opens a session without a server.
func Local(call *cli.Call) (*Session, error) {
	s, err := OpenStore(call)
	if err != nil {
		return nil, err
	}
	return &Session{Call: call, Store: s, Engine: newEngine(call, s)}, nil
}

func newEngine(call *cli.Call, s *store.Store) *enroll.Engine {
	return &enroll.Engine{
		Store: s, Progress: call.Progress.Event, Clock: call.Clock, SealIterations: call.SealIterations,
		Passphrase: func(file string) (secret.Bytes, error) { return credential.AccountPassphrase(call, file) },
	}
}

// dial adds the server that the flags, the enrolment or the state directory name. It
// sends nothing.
func (s *Session) dial() error {
	en, err := s.Begun()
	if err != nil {
		return err
	}
	en = cmp.Or(en, &enroll.Enrolment{})
	if s.Server, err = ChooseServer(s.Call, s.Store, en.Server); err != nil {
		return err
	}
	s.Account = cmp.Or(s.Call.Global.Account, en.Account, enroll.DefaultAccount)
	return s.Connect()
}

// Connect prepares the client of the ACME server. It sends nothing.
func (s *Session) Connect() error {
	if err := enroll.CheckName("account", s.Account); err != nil {
		return err
	}
	cert, err := credential.ClientIdentity(s.Call, s.Server.Identity())
	if err != nil {
		return err
	}
	s.record.store, s.record.name, s.record.warn = s.Store, s.Call.Global.Name, s.Call.Progress.Warn
	if err := s.openTrace(); err != nil {
		return err
	}
	cfg := acmewire.Config{
		DirectoryURL: s.Server.URL, Certificate: cert, Resolve: s.Server.Resolve,
		UserAgent: "nfcert/" + s.Call.Version, Saved: s.saved(), Observe: s.observe,
	}
	s.Server.setTrust(&cfg)
	s.Engine.CA = acmewire.New(cfg)
	return nil
}

// Close ends the session and returns err, the result of its work, with what the
// session knows about it added. It saves the server, and caches for later commands,
// also after a failure.
func (s *Session) Close(err error) error {
	if _, ok := cli.As[*enroll.BindingRefusedError](err); ok {
		err = &ClockError{Err: err, Ahead: s.clockAhead}
	}
	err = s.explainTrust(err)
	if closeErr := s.record.close(); closeErr != nil {
		err = errors.Join(err, closeErr)
	}
	if s.Server == nil || s.Engine.CA.Wire().Requests() == 0 {
		return err
	}
	if p, ok := cli.As[*acmewire.Problem](err); ok && p.HasType("accountDoesNotExist") {
		// Without this mark, the saved account would prevent a new registration.
		if markErr := s.Engine.Forgotten(context.Background(), s.Account); markErr != nil && !errors.Is(markErr, fs.ErrNotExist) {
			err = errors.Join(err, markErr)
		}
	}
	kept := s.Engine.CA.Wire().Saved()
	if len(kept.Directory) == 0 && s.saving == nil { // not an ACME server
		return err
	}
	s.saveServer()
	if saveErr := <-s.saving; saveErr != nil {
		return errors.Join(err, saveErr)
	}
	s.saveCaches(kept)
	return err
}

// saveServer starts to save the server while the work continues. Close waits for it.
func (s *Session) saveServer() {
	if s.saving != nil {
		return
	}
	s.AdoptPinned()
	s.saving = make(chan error, 1)
	go func() { s.saving <- s.Server.save(s.Store) }()
}

// WithServer runs work in a session with a server. --timeout limits the work.
func WithServer(ctx context.Context, call *cli.Call, work func(context.Context, *Session) error) error {
	s, err := Local(call)
	if err != nil {
		return err
	}
	return s.WithServer(ctx, work)
}

// WithServer adds a server to a local session, runs work and closes the session.
// --timeout limits the work.
func (s *Session) WithServer(ctx context.Context, work func(context.Context, *Session) error) error {
	ctx, cancel := s.Call.Bounded(ctx)
	defer cancel()
	if err := s.dial(); err != nil {
		return err
	}
	return s.Close(work(ctx, s))
}

// TokenTransport is the HTTP transport to a Token Authority. Traces of its exchanges
// do not contain the token.
func (s *Session) TokenTransport(roots *x509.CertPool, cert *tls.Certificate) http.RoundTripper {
	resolve := s.Call.Resolutions(nil)
	if s.Server != nil {
		resolve = s.Server.Resolve
	}
	return acmewire.Transport(acmewire.Config{
		Resolve: resolve, Roots: roots, Certificate: cert, UserAgent: "nfcert/" + s.Call.Version, Tokens: true,
		Observe: s.note,
	})
}
