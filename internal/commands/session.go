package commands

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/store"
	"github.com/nfcert/nfcert/internal/ui"
)

// session is an open store with an engine, and what must be kept at the end.
type session struct {
	call    *Call
	store   *store.Store
	engine  *enroll.Engine
	server  *server // nil: the command needs none
	account string
	record  recorder

	exchanges int // made so far

	remembered chan error // the outcome of saving the server; nil: not begun

	clockAhead time.Duration // of the server before ours, by its last answer

	skewed, proxied bool // these were told
}

// stateDir is where state lives.
func (a *Call) stateDir() (string, error) {
	dir := a.Global.state
	for _, try := range []func() string{
		func() string { return a.Getenv("STATE_DIRECTORY") },
		func() string { return under(a.Getenv("XDG_DATA_HOME"), "nfcert") },
		func() string { return under(a.Getenv("HOME"), ".local", "share", "nfcert") },
		func() string { return under(a.Getenv("LOCALAPPDATA"), "nfcert") },
	} {
		if dir != "" {
			break
		}
		dir = try()
	}
	if dir == "" {
		return "", usagef("as in --state DIR", "it is not known where state shall live: neither --state nor $HOME is set")
	}
	return filepath.Abs(dir)
}

func under(dir string, elem ...string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(append([]string{dir}, elem...)...)
}

// openStore opens the state.
func (a *Call) openStore() (*store.Store, error) {
	dir, err := a.stateDir()
	if err != nil {
		return nil, err
	}
	return store.Open(dir)
}

// local opens a session that talks to no server.
func (a *Call) local() (*session, error) {
	s, err := a.openStore()
	if err != nil {
		return nil, err
	}
	return &session{call: a, store: s, engine: a.newEngine(s)}, nil
}

func (a *Call) newEngine(s *store.Store) *enroll.Engine {
	return &enroll.Engine{Store: s, Progress: a.Progress.event, Clock: a.Clock, Passphrase: func(file string) (secret.Bytes, error) { return a.accountPassphrase(file) }}
}

// dial opens a session with the server that the flags, the enrolment or the
// state name. Nothing is sent yet.
func (a *Call) dial() (*session, error) {
	s, err := a.local()
	if err != nil {
		return nil, err
	}
	enrolled, err := a.enrolled(s)
	if err != nil {
		return nil, err
	}
	if s.server, err = a.chooseServer(s.store, enrolled.Server); err != nil {
		return nil, err
	}
	s.account = a.Global.account
	if s.account == "" {
		s.account = enrolled.Account
	}
	if s.account == "" {
		s.account = enroll.DefaultAccount
	}
	return s, s.connect()
}

// enrolled is the enrolment that -n names, and an empty one where it is yet to
// come.
func (a *Call) enrolled(s *session) (*enroll.Enrolment, error) {
	if a.Global.name == "" {
		return &enroll.Enrolment{}, nil
	}
	en, err := enroll.Load(s.store, a.Global.name)
	if errors.Is(err, fs.ErrNotExist) {
		return &enroll.Enrolment{}, nil
	}
	return en, err
}

// connect makes the wire.
func (s *session) connect() error {
	if err := enroll.CheckName("account", s.account); err != nil {
		return err
	}
	cert, err := s.call.clientIdentity(s.server.identity())
	if err != nil {
		return err
	}
	s.record.store, s.record.name, s.record.warn = s.store, s.call.Global.name, s.call.Progress.warn
	if err := s.openTrace(); err != nil {
		return err
	}
	cfg := acmewire.Config{
		DirectoryURL: s.server.URL, Certificate: cert, Resolve: s.server.Resolve,
		UserAgent: "nfcert/" + s.call.Version, Saved: s.saved(), Observe: s.observe,
	}
	s.server.trusts(&cfg)
	s.engine.CA = acmewire.New(cfg)
	return nil
}

// observe sees every exchange: for --trace, for -v, and for the enrolment's own
// trace, which is the evidence after a failure.
func (s *session) observe(ex *acmewire.Exchange) {
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
func (s *session) note(ex *acmewire.Exchange) {
	s.exchanges++
	ex.Number = s.exchanges
	s.call.Progress.exchange(ex)
	s.way(ex)
	s.record.add(ex)
}

// maxSkew is how far apart clocks may be before it is told.
const maxSkew = 5 * time.Minute

// way tells, once, what of the way to the server deserves a word: a clock that
// is off, and a proxy that makes --resolve idle.
func (s *session) way(ex *acmewire.Exchange) {
	if ahead, ok := ex.Skew(); ok && ahead.Abs() > maxSkew && !s.skewed {
		s.skewed = true
		here := ex.Time.Add(ex.Duration)
		s.call.Progress.warn("this machine's clock and the server's are %s apart: here it is %s, there %s; certificates, tokens and bindings hang on it", ahead.Abs().Round(time.Minute), ui.Time(here), ui.Time(here.Add(ahead)))
	}
	if ex.Proxy != "" && len(s.call.Global.resolve) > 0 && !s.proxied {
		s.proxied = true
		s.call.Progress.warn("the proxy %s looks names up itself, so that --resolve is not used; NO_PROXY=HOST goes there without it", ex.Proxy)
	}
}

// remember begins to save the server while the work goes on; no request waits
// for it, and close does.
func (s *session) remember() {
	if s.remembered != nil {
		return
	}
	s.adoptPinned()
	s.remembered = make(chan error, 1)
	go func() { s.remembered <- s.server.remember(s.store) }()
}

func (s *session) openTrace() error {
	path := s.call.Global.trace
	if path == "" || path == "-" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return &inputError{File: path, Err: reason(err)}
	}
	s.record.file = f
	return nil
}

// nonceFile keeps the last unused nonce, with the account whose steps chain it.
func (s *session) nonceFile() string {
	return enroll.AccountDir(s.server.URL, s.account) + "/nonce.json"
}

// saved reads what an earlier process kept. It is a cache: what cannot be read
// is not there.
func (s *session) saved() acmewire.Saved {
	var d, n wireCache
	_ = s.store.Load(directoryFile(s.server.URL), &d)
	_ = s.store.Load(s.nonceFile(), &n)
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

// close keeps what the next process can use. It is called also after failures.
func (s *session) close(err error) error {
	if _, ok := as[*enroll.BindingRefusedError](err); ok {
		err = &clockError{Err: err, Ahead: s.clockAhead}
	}
	err = s.judgeTrust(err)
	if closeErr := s.record.close(); closeErr != nil {
		err = errors.Join(err, closeErr)
	}
	if s.server == nil || s.engine.CA.Wire().Requests() == 0 {
		return err
	}
	if p, ok := as[*acmewire.Problem](err); ok && p.HasType("accountDoesNotExist") {
		// A saved account that the CA lost would stand in the way of a new one.
		if markErr := s.engine.Forgotten(context.Background(), s.account); markErr != nil && !errors.Is(markErr, fs.ErrNotExist) {
			err = errors.Join(err, markErr)
		}
	}
	kept := s.engine.CA.Wire().Saved()
	if len(kept.Directory) == 0 && s.remembered == nil { // not an ACME server, so none to remember
		return err
	}
	s.remember()
	if saveErr := <-s.remembered; saveErr != nil {
		return errors.Join(err, saveErr)
	}
	before := s.saved()
	if kept.DirectoryAt != before.DirectoryAt {
		directory := acmewire.Saved{Directory: kept.Directory, DirectoryAt: kept.DirectoryAt}
		_ = s.store.SaveCache(directoryFile(s.server.URL), &wireCache{Version: 1, Saved: directory})
	}
	nonce := acmewire.Saved{Nonce: kept.Nonce, NonceAt: kept.NonceAt}
	_ = s.store.SaveCache(s.nonceFile(), &wireCache{Version: 1, Saved: nonce})
	return err
}

// clockError adds to an error how far the server's clock is before ours.
type clockError struct {
	Err   error
	Ahead time.Duration
}

func (e *clockError) Error() string { return e.Err.Error() }
func (e *clockError) Unwrap() error { return e.Err }

// withServer runs work in a session with a server, within the command's time.
func (a *Call) withServer(ctx context.Context, work func(context.Context, *session) error) error {
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	s, err := a.dial()
	if err != nil {
		return err
	}
	return s.close(work(ctx, s))
}

// needName refuses to work on no enrolment.
func (a *Call) needName() error {
	if a.Global.name == "" {
		return usagef("as in -n amf-01; nfcert show lists what there is", "%s needs the name of an enrolment", a.Command)
	}
	return enroll.CheckName("enrolment", a.Global.name)
}

// mustExist refuses to go on with an enrolment that was never begun, before any
// server is looked for.
func (a *Call) mustExist() error {
	if err := a.needName(); err != nil {
		return err
	}
	s, err := a.openStore()
	if err != nil {
		return err
	}
	if _, err := enroll.Load(s, a.Global.name); err != nil {
		return a.noSuch(a.Global.name, err)
	}
	return nil
}

// mustExistWhenTyped is mustExist where -n only tells whose account is meant:
// that of a mistyped one would be another, and a new key or its end is for good.
// A variable may name an enrolment that is yet to come.
func (a *Call) mustExistWhenTyped() error {
	if a.Settings.sources["name"] != "flag" {
		return nil
	}
	return a.mustExist()
}

// noSuch says that an enrolment does not exist.
func (a *Call) noSuch(name string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return &enroll.OutOfTurnError{Name: name, Step: enroll.Step(a.Command), Needs: enroll.StepCSR, Found: fmt.Sprintf("there is no enrolment %q", name)}
}
