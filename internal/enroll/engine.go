// Package enroll is the enrolment engine: it alone knows what comes after what.
//
// The steps [Engine.Account], [Engine.CSR], [Engine.Order] and
// [Engine.Finalize] each load the enrolment, do one thing, save it and return
// it: each is one run, which holds the locked enrolment, a client of the CA and a
// saver. A step that is done returns at once, so running the steps again is
// resuming. Before a request that changes something at the CA, what is needed
// to recover from dying right after it is on disk; after a crash the engine
// asks the CA what happened instead of guessing.
//
// The engine knows facts, not flags: its errors are typed and carry data, and
// what to type next is for the caller to say.
package enroll

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/store"
)

// Store is where the engine keeps documents and PEM files. [store.Store] is
// one, and its package comment is the contract. Names are slash-separated
// relative paths.
type Store interface {
	Load(rel string, v any) error
	Save(rel string, v any, with ...store.Attachment) error
	SaveSoon(rel string, v any, with ...store.Attachment) (wait func() error)
	ReadFile(rel string) ([]byte, error)
	CreateKey(rel string, data []byte) error
	CreateKeyFor(rel string, data []byte) error
	Rename(from, to string) error
	Remove(rel string) error
	RemoveAll(rel string) error
	List(rel string) ([]string, error)
	Lock(ctx context.Context, rel string) (*store.Lock, error)
	Path(rel string) string
}

// Engine runs steps. Store is always needed, CA by every step but
// [Engine.CSR]; the zero value of the rest is a sane default. An Engine is
// configuration: its fields must not be changed once it is in use, and its methods
// may be called by many goroutines at once, also for one account. Two calls for
// one enrolment exclude each other as those of two processes do: by its lock.
type Engine struct {
	Store   Store
	CA      *acmewire.Client
	Solvers challenge.Set // prove the identifiers; nil: none can be
	Poll    Poll
	Clock   func() time.Time // nil: time.Now
	// OpenKey opens a key that is not a file, such as a token's (RFC 7512), and
	// is called only when it must sign. nil: such keys cannot be used.
	OpenKey func(uri string) (crypto.Signer, io.Closer, error)
	// Passphrase gives the passphrase of the account key in a file. It is called only
	// when the key is encrypted. nil: such keys cannot be used.
	Passphrase func(file string) (secret.Bytes, error)
	// SealIterations is the work of encrypting a key; 0 means
	// [csrgen.SealIterations].
	SealIterations int
	// Progress gets each event as it happens, one at a time. nil: none are
	// reported.
	Progress func(Event)

	telling  sync.Mutex // one event at a time
	accounts accounts   // in use by its runs
}

// Step names a part of the flow.
type Step string

// The steps, in order.
const (
	StepAccount  Step = "account"
	StepCSR      Step = "csr"
	StepOrder    Step = "order"
	StepFinalize Step = "finalize"
	StepRenew    Step = "renew" // the four again, for a certificate that is there
	StepRevoke   Step = "revoke"
	StepDone     Step = "done"
)

// Event is something that happened in a step, or a wait that began.
type Event struct {
	Time    time.Time `json:"time"`
	Step    Step      `json:"step"`
	Message string    `json:"message"`
	// Next is when the CA is asked again, in a wait; zero otherwise.
	Next time.Time `json:"next,omitzero"`
	// Warning marks what the user should look at.
	Warning bool `json:"warning,omitempty"`
}

func (e *Engine) now() time.Time {
	if e.Clock == nil {
		return time.Now().UTC()
	}
	return e.Clock().UTC()
}

func (e *Engine) tell(step Step, format string, args ...any) {
	e.emit(Event{Step: step, Message: fmt.Sprintf(format, args...)})
}

func (e *Engine) warn(step Step, format string, args ...any) {
	e.emit(Event{Step: step, Message: fmt.Sprintf(format, args...), Warning: true})
}

func (e *Engine) emit(ev Event) {
	if e.Progress == nil {
		return
	}
	e.telling.Lock()
	defer e.telling.Unlock()
	ev.Time = e.now()
	e.Progress(ev)
}

// deviations warns, once, of what the CA does that another client may fail on.
func (e *Engine) deviations(step Step) {
	for _, d := range e.CA.Wire().Announce() {
		e.warn(step, "the CA differs from the standard: %s (%s)", d.Found, d.Clause)
	}
}

// deviated records that the CA showed a deviation.
func (e *Engine) deviated(id acmewire.DeviationID, format string, args ...any) {
	e.CA.Wire().Deviated(id, fmt.Sprintf(format, args...))
}

// ServerID is the name of a server's folder in the state: its host, readable,
// and a hash of the whole directory URL, unique.
func ServerID(directoryURL string) string {
	sum := sha256.Sum256([]byte(directoryURL))
	host := "server"
	if u, err := url.Parse(directoryURL); err == nil && u.Host != "" {
		host = strings.Map(func(r rune) rune {
			switch {
			case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '-':
				return r
			case r >= 'A' && r <= 'Z':
				return r + 'a' - 'A'
			}
			return '_'
		}, u.Host)
	}
	return strings.Trim(host[:min(len(host), 80)], ".") + "-" + hex.EncodeToString(sum[:4])
}

// CheckName refuses a name of an enrolment or an account that cannot be a
// folder's name on every system.
func CheckName(kind, name string) error {
	if name == "" || len(name) > 100 {
		return &NameError{Kind: kind, Name: name, Reason: "it must have 1 to 100 characters"}
	}
	for i := range len(name) {
		c := name[i]
		ok := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			i > 0 && (c == '-' || c == '_' || c == '.')
		if !ok {
			return &NameError{Kind: kind, Name: name, Reason: "want letters, digits, '-', '_' and '.', and a letter or a digit first"}
		}
	}
	if strings.HasSuffix(name, ".") || strings.HasSuffix(name, ".lock") {
		return &NameError{Kind: kind, Name: name, Reason: `it must not end in "." or ".lock"`}
	}
	return nil
}

// isoTime drops what JSON would show of a time beyond the second.
func isoTime(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
