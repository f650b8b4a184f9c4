package session

import (
	"net/http"
	"os"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/ui"
)

// observe is called with each exchange with the ACME server.
func (s *Session) observe(ex *acmewire.Exchange) {
	if ex.Status != 0 && ex.Method != http.MethodGet {
		s.saveServer() // it has a directory, so it is an ACME server
	}
	if ahead, ok := ex.Skew(); ok { // the CA's clock, not the Token Authority's
		s.clockAhead = ahead
	}
	s.note(ex)
}

// note numbers an exchange with the ACME server or a Token Authority, and passes it
// to -v, --trace and the enrolment's trace. Exchanges are never concurrent.
func (s *Session) note(ex *acmewire.Exchange) {
	s.exchanges++
	ex.Number = s.exchanges
	s.Call.Progress.Exchange(ex)
	s.warn(ex)
	s.record.add(ex)
}

// maxSkew is the difference between two clocks above which nfcert warns.
const maxSkew = 5 * time.Minute

// warn warns once of a wrong clock, and once of a proxy, which ignores --resolve.
func (s *Session) warn(ex *acmewire.Exchange) {
	if ahead, ok := ex.Skew(); ok && ahead.Abs() > maxSkew && !s.warnedOfClock {
		s.warnedOfClock = true
		here := ex.Time.Add(ex.Duration)
		s.Call.Progress.Warn("this machine's clock and the server's are %s apart: here it is %s, there %s; certificates, tokens and bindings depend on it", ahead.Abs().Round(time.Minute), ui.Time(here), ui.Time(here.Add(ahead)))
	}
	if ex.Proxy != "" && len(s.Call.Global.Resolve) > 0 && !s.warnedOfProxy {
		s.warnedOfProxy = true
		s.Call.Progress.Warn("the proxy %s resolves names itself, so --resolve has no effect; to connect without the proxy, set NO_PROXY=HOST", ex.Proxy)
	}
}

// openTrace opens the file of --trace.
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

// ClockError adds to an error how far the server's clock is ahead of this machine's.
type ClockError struct {
	Err   error
	Ahead time.Duration
}

func (e *ClockError) Error() string { return e.Err.Error() }

func (e *ClockError) Unwrap() error { return e.Err }
