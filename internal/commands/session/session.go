// Package session opens what a command works on: the state directory and, for
// commands that talk to one, an ACME server with its trust, client certificate and
// record of exchanges.
package session

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/store"
	"github.com/nfcert/nfcert/internal/ui"
)

// Session is an open store with an engine, and what must be kept at the end.
type Session struct {
	Call    *cli.Call
	Store   *store.Store
	Engine  *enroll.Engine
	Server  *Server // nil: the command needs none
	Account string
	record  recorder

	exchanges int // made so far

	remembered chan error // the outcome of saving the server; nil: not begun

	clockAhead time.Duration // of the server before ours, by its last answer

	skewed, proxied bool // these were told
}

// StateDir is where state lives.
func StateDir(call *cli.Call) (string, error) {
	dir := call.Global.State
	for _, try := range []func() string{
		func() string { return call.Getenv("STATE_DIRECTORY") },
		func() string { return under(call.Getenv("XDG_DATA_HOME"), "nfcert") },
		func() string { return under(call.Getenv("HOME"), ".local", "share", "nfcert") },
		func() string { return under(call.Getenv("LOCALAPPDATA"), "nfcert") },
	} {
		if dir != "" {
			break
		}
		dir = try()
	}
	if dir == "" {
		return "", cli.Usagef("as in --state DIR", "it is not known where state shall live: neither --state nor $HOME is set")
	}
	return filepath.Abs(dir)
}

func under(dir string, elem ...string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(append([]string{dir}, elem...)...)
}

// OpenStore opens the state.
func OpenStore(call *cli.Call) (*store.Store, error) {
	dir, err := StateDir(call)
	if err != nil {
		return nil, err
	}
	return store.Open(dir)
}

// Local opens a session that talks to no server.
func Local(call *cli.Call) (*Session, error) {
	s, err := OpenStore(call)
	if err != nil {
		return nil, err
	}
	return &Session{Call: call, Store: s, Engine: newEngine(call, s)}, nil
}

func newEngine(call *cli.Call, s *store.Store) *enroll.Engine {
	return &enroll.Engine{Store: s, Progress: call.Progress.Event, Clock: call.Clock, SealIterations: call.SealIterations, Passphrase: func(file string) (secret.Bytes, error) { return credential.AccountPassphrase(call, file) }}
}

// dial opens a session with the server that the flags, the enrolment or the
// state name. Nothing is sent yet.
func dial(call *cli.Call) (*Session, error) {
	s, err := Local(call)
	if err != nil {
		return nil, err
	}
	enrolled, err := Enrolled(call, s)
	if err != nil {
		return nil, err
	}
	if s.Server, err = ChooseServer(call, s.Store, enrolled.Server); err != nil {
		return nil, err
	}
	s.Account = call.Global.Account
	if s.Account == "" {
		s.Account = enrolled.Account
	}
	if s.Account == "" {
		s.Account = enroll.DefaultAccount
	}
	return s, s.Connect()
}

// Enrolled is the enrolment that -n names, and an empty one where it is yet to
// come.
func Enrolled(call *cli.Call, s *Session) (*enroll.Enrolment, error) {
	if call.Global.Name == "" {
		return &enroll.Enrolment{}, nil
	}
	en, err := enroll.Load(s.Store, call.Global.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return &enroll.Enrolment{}, nil
	}
	return en, err
}

// Connect makes the wire.
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
	s.Server.trusts(&cfg)
	s.Engine.CA = acmewire.New(cfg)
	return nil
}

// observe sees every exchange: for --trace, for -v, and for the enrolment's own
// trace, which is the evidence after a failure.
func (s *Session) observe(ex *acmewire.Exchange) {
	if ex.Status != 0 && ex.Method != http.MethodGet {
		s.remember() // it has a directory, so it is an ACME server
	}
	if ahead, ok := ex.Skew(); ok { // the CA's clock, not the Token Authority's
		s.clockAhead = ahead
	}
	s.note(ex)
}

// note tells an exchange to all who look. Those with a Token Authority are
// counted with the CA's, as they are made in turn.
func (s *Session) note(ex *acmewire.Exchange) {
	s.exchanges++
	ex.Number = s.exchanges
	s.Call.Progress.Exchange(ex)
	s.way(ex)
	s.record.add(ex)
}

// maxSkew is how far apart clocks may be before it is told.
const maxSkew = 5 * time.Minute

// way tells, once, what of the way to the server deserves a word: a clock that
// is off, and a proxy that makes --resolve idle.
func (s *Session) way(ex *acmewire.Exchange) {
	if ahead, ok := ex.Skew(); ok && ahead.Abs() > maxSkew && !s.skewed {
		s.skewed = true
		here := ex.Time.Add(ex.Duration)
		s.Call.Progress.Warn("this machine's clock and the server's are %s apart: here it is %s, there %s; certificates, tokens and bindings hang on it", ahead.Abs().Round(time.Minute), ui.Time(here), ui.Time(here.Add(ahead)))
	}
	if ex.Proxy != "" && len(s.Call.Global.Resolve) > 0 && !s.proxied {
		s.proxied = true
		s.Call.Progress.Warn("the proxy %s looks names up itself, so that --resolve is not used; NO_PROXY=HOST goes there without it", ex.Proxy)
	}
}

// remember begins to save the server while the work goes on; no request waits
// for it, and close does.
func (s *Session) remember() {
	if s.remembered != nil {
		return
	}
	s.AdoptPinned()
	s.remembered = make(chan error, 1)
	go func() { s.remembered <- s.Server.remember(s.Store) }()
}

func (s *Session) openTrace() error {
	path := s.Call.Global.Trace
	if path == "" || path == "-" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return &cli.InputError{File: path, Err: cli.Reason(err)}
	}
	s.record.file = f
	return nil
}

// nonceFile keeps the last unused nonce, with the account whose steps chain it.
func (s *Session) nonceFile() string {
	return enroll.AccountDir(s.Server.URL, s.Account) + "/nonce.json"
}

// saved reads what an earlier process kept. It is a cache: what cannot be read
// is not there.
func (s *Session) saved() acmewire.Saved {
	var d, n wireCache
	_ = s.Store.Load(directoryFile(s.Server.URL), &d)
	_ = s.Store.Load(s.nonceFile(), &n)
	d.Nonce, d.NonceAt = n.Nonce, n.NonceAt
	return d.Saved
}

// wireCache is a part of what the wire keeps, as a document.
type wireCache struct {
	Version int `json:"version"`
	acmewire.Saved
}

// DocVersion implements [store.Document].
func (*wireCache) DocVersion() int { return 1 }

// deviationsDoc remembers how a server differs from the standard.
type deviationsDoc struct {
	Version    int                     `json:"version"`
	Deviations []acmewire.MetDeviation `json:"deviations"`
}

// DocVersion implements [store.Document].
func (*deviationsDoc) DocVersion() int { return 1 }

// Deviations merges what this session met with what earlier ones remembered.
func (s *Session) Deviations() []acmewire.MetDeviation {
	var saved deviationsDoc
	_ = s.Store.Load(deviationsFile(s.Server.URL), &saved) // a cache: what cannot be read is not there
	return acmewire.MergeDeviations(saved.Deviations, s.Engine.CA.Wire().Deviations())
}

// Close keeps what the next process can use. It is called also after failures.
func (s *Session) Close(err error) error {
	if _, ok := cli.As[*enroll.BindingRefusedError](err); ok {
		err = &ClockError{Err: err, Ahead: s.clockAhead}
	}
	err = s.judgeTrust(err)
	if closeErr := s.record.close(); closeErr != nil {
		err = errors.Join(err, closeErr)
	}
	if s.Server == nil || s.Engine.CA.Wire().Requests() == 0 {
		return err
	}
	if p, ok := cli.As[*acmewire.Problem](err); ok && p.HasType("accountDoesNotExist") {
		// A saved account that the CA lost would stand in the way of a new one.
		if markErr := s.Engine.Forgotten(context.Background(), s.Account); markErr != nil && !errors.Is(markErr, fs.ErrNotExist) {
			err = errors.Join(err, markErr)
		}
	}
	kept := s.Engine.CA.Wire().Saved()
	if len(kept.Directory) == 0 && s.remembered == nil { // not an ACME server, so none to remember
		return err
	}
	s.remember()
	if saveErr := <-s.remembered; saveErr != nil {
		return errors.Join(err, saveErr)
	}
	if len(s.Engine.CA.Wire().Deviations()) > 0 {
		_ = s.Store.SaveCache(deviationsFile(s.Server.URL), &deviationsDoc{Version: 1, Deviations: s.Deviations()})
	}
	before := s.saved()
	if kept.DirectoryAt != before.DirectoryAt {
		directory := acmewire.Saved{Directory: kept.Directory, DirectoryAt: kept.DirectoryAt}
		_ = s.Store.SaveCache(directoryFile(s.Server.URL), &wireCache{Version: 1, Saved: directory})
	}
	nonce := acmewire.Saved{Nonce: kept.Nonce, NonceAt: kept.NonceAt}
	_ = s.Store.SaveCache(s.nonceFile(), &wireCache{Version: 1, Saved: nonce})
	return err
}

// ClockError adds to an error how far the server's clock is before ours.
type ClockError struct {
	Err   error
	Ahead time.Duration
}

func (e *ClockError) Error() string { return e.Err.Error() }

func (e *ClockError) Unwrap() error { return e.Err }

// WithServer runs work in a session with a server, within the command's time.
func WithServer(ctx context.Context, call *cli.Call, work func(context.Context, *Session) error) error {
	ctx, cancel := call.Bounded(ctx)
	defer cancel()
	s, err := dial(call)
	if err != nil {
		return err
	}
	return s.Close(work(ctx, s))
}

// Named is the call for the enrolment that the command line names, which need not
// exist yet.
func Named(call *cli.Call) (*cli.Call, error) {
	if call.Global.Name == "" {
		return nil, cli.Usagef("as in nfcert "+call.Command+" amf-01; nfcert show lists the enrolments", "%s needs the name of an enrolment", call.Command)
	}
	return call, enroll.CheckName("enrolment", call.Global.Name)
}

// Existing is the call for the enrolment that the command line names, or for the
// only one that is saved. It refuses a name that is not saved, before any server is
// looked for.
func Existing(call *cli.Call) (*cli.Call, error) {
	s, err := OpenStore(call)
	if err != nil {
		return nil, err
	}
	if call.Global.Name == "" {
		if names, err := enroll.Names(s); err == nil && len(names) == 1 {
			call.Progress.Note("enrolment %s", names[0])
			call = call.ForEnrolment(names[0])
		}
	}
	if call, err = Named(call); err != nil {
		return nil, err
	}
	if _, err := enroll.Load(s, call.Global.Name); err != nil {
		return nil, NoSuch(call, call.Global.Name, err)
	}
	return call, nil
}

// ForArgument is the call for an argument that may be a file or an enrolment; nil:
// it is not the name of an enrolment, or there is a file of that name.
func ForArgument(call *cli.Call, s *Session, arg string) *cli.Call {
	if _, err := os.Stat(arg); err == nil || enroll.CheckName("enrolment", arg) != nil {
		return nil
	}
	if _, err := enroll.Load(s.Store, arg); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return call.ForEnrolment(arg)
}

// CheckTyped refuses an enrolment that does not exist where -n only says whose
// account is meant: a mistyped one would have another account, and a new key or a
// deactivation is final. A variable may name an enrolment that does not exist yet.
func CheckTyped(call *cli.Call) error {
	if call.Settings.Sources["name"] != "flag" {
		return nil
	}
	_, err := Existing(call)
	return err
}

// NoSuch says that an enrolment does not exist.
func NoSuch(call *cli.Call, name string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return &enroll.OutOfTurnError{Name: name, Step: enroll.Step(call.Command), Needs: enroll.StepCSR, Found: fmt.Sprintf("there is no enrolment %q", name)}
}

// TokenTransport is the way to a Token Authority. Traces show what is said there
// without the token.
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
