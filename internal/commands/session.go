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
	"github.com/nfcert/nfcert/internal/store"
	"github.com/nfcert/nfcert/internal/ui"
)

// session is an open store with an engine, and what must be kept at the end.
type session struct {
	app     *App
	store   *store.Store
	engine  *enroll.Engine
	server  *server // nil: the command needs none
	account string
	record  recorder

	exchanges int // made so far

	remembered chan error // the outcome of saving the server; nil: not begun

	skewed, proxied bool // these were told
}

// stateDir is where state lives.
func (a *App) stateDir() (string, error) {
	dir := a.global.state
	for _, try := range []func() string{
		func() string { return a.env("STATE_DIRECTORY") },
		func() string { return under(a.env("XDG_DATA_HOME"), "nfcert") },
		func() string { return under(a.env("HOME"), ".local", "share", "nfcert") },
		func() string { return under(a.env("LOCALAPPDATA"), "nfcert") },
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
func (a *App) openStore() (*store.Store, error) {
	dir, err := a.stateDir()
	if err != nil {
		return nil, err
	}
	return store.Open(dir)
}

// local opens a session that talks to no server.
func (a *App) local() (*session, error) {
	s, err := a.openStore()
	if err != nil {
		return nil, err
	}
	return &session{app: a, store: s, engine: a.newEngine(s)}, nil
}

func (a *App) newEngine(s *store.Store) *enroll.Engine {
	return &enroll.Engine{Store: s, Progress: a.progress.event, Clock: a.clock, Passphrase: a.accountPassphrase}
}

// dial opens a session with the server that the flags, the enrolment or the
// state name. Nothing is sent yet.
func (a *App) dial() (*session, error) {
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
	s.account = a.global.account
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
func (a *App) enrolled(s *session) (*enroll.Enrolment, error) {
	if a.global.name == "" {
		return &enroll.Enrolment{}, nil
	}
	en, err := enroll.Load(s.store, a.global.name)
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
	s.app.serverURL = s.server.URL
	cert, err := s.app.clientIdentity(s.server.identity())
	if err != nil {
		return err
	}
	s.record.store, s.record.name, s.record.warn = s.store, s.app.global.name, s.app.progress.warn
	if err := s.openTrace(); err != nil {
		return err
	}
	cfg := acmewire.Config{
		DirectoryURL: s.server.URL, Certificate: cert, Resolve: s.server.Resolve,
		UserAgent: "nfcert/" + s.app.version, Saved: s.saved(), Observe: s.observe,
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
	s.app.noteClock(ex) // the CA's, not the Token Authority's
	s.note(ex)
}

// note tells an exchange to all who look. Those with a Token Authority are
// counted with the CA's, as they are made in turn.
func (s *session) note(ex *acmewire.Exchange) {
	s.exchanges++
	ex.Number = s.exchanges
	s.app.progress.exchange(ex)
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
		s.app.progress.warn("this machine's clock and the server's are %s apart: here it is %s, there %s; certificates, tokens and bindings hang on it", ahead.Abs().Round(time.Minute), ui.Time(here), ui.Time(here.Add(ahead)))
	}
	if ex.Proxy != "" && len(s.app.global.resolve) > 0 && !s.proxied {
		s.proxied = true
		s.app.progress.warn("the proxy %s looks names up itself, so that --resolve is not used; NO_PROXY=HOST goes there without it", ex.Proxy)
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
	path := s.app.global.trace
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

// deviationsDoc remembers how a server differs from the standard.
type deviationsDoc struct {
	Version    int                     `json:"version"`
	Deviations []acmewire.MetDeviation `json:"deviations"`
}

// DocVersion implements [store.Document].
func (*deviationsDoc) DocVersion() int { return 1 }

// deviations merges what this session met with what earlier ones remembered.
func (s *session) deviations() []acmewire.MetDeviation {
	var saved deviationsDoc
	_ = s.store.Load(deviationsFile(s.server.URL), &saved) // a cache: what cannot be read is not there
	return acmewire.MergeDeviations(saved.Deviations, s.engine.CA.Wire().Deviations())
}

// close keeps what the next process can use. It is called also after failures.
func (s *session) close(err error) error {
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
	if len(s.engine.CA.Wire().Deviations()) > 0 {
		_ = s.store.SaveCache(deviationsFile(s.server.URL), &deviationsDoc{Version: 1, Deviations: s.deviations()})
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

// withServer runs work in a session with a server, within the command's time.
func (a *App) withServer(ctx context.Context, work func(context.Context, *session) error) error {
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	s, err := a.dial()
	if err != nil {
		return err
	}
	return s.close(work(ctx, s))
}

// needName refuses to work on no enrolment.
func (a *App) needName() error {
	if a.global.name == "" {
		return usagef("as in -n amf-01; nfcert show lists what there is", "%s needs the name of an enrolment", a.command)
	}
	return enroll.CheckName("enrolment", a.global.name)
}

// mustExist refuses to go on with an enrolment that was never begun, before any
// server is looked for.
func (a *App) mustExist() error {
	if err := a.needName(); err != nil {
		return err
	}
	s, err := a.openStore()
	if err != nil {
		return err
	}
	if _, err := enroll.Load(s, a.name); err != nil {
		return a.noSuch(a.name, err)
	}
	return nil
}

// mustExistWhenTyped is mustExist where -n only tells whose account is meant:
// that of a mistyped one would be another, and a new key or its end is for good.
// A variable may name an enrolment that is yet to come.
func (a *App) mustExistWhenTyped() error {
	if a.settings.sources["name"] != "flag" {
		return nil
	}
	return a.mustExist()
}

// noSuch says that an enrolment does not exist.
func (a *App) noSuch(name string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return &enroll.OutOfTurnError{Name: name, Step: enroll.Step(a.command), Needs: enroll.StepCSR, Found: fmt.Sprintf("there is no enrolment %q", name)}
}
