// Package report explains errors: exit code, code word, who must act, hint and next
// command, as text for people and as a JSON document for scripts.
//
// Each type of error is one [Entry] of a [Registry]. To add an error, add an entry
// with [For] to the file of its domain, or to the command's own package when no
// other command returns it.
package report

import (
	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
)

// Exit codes. `nfcert help exit-codes` explains them.
const (
	ExitDone          = 0
	ExitBug           = 1
	ExitUsage         = 2
	ExitPending       = 3
	ExitRefused       = 4
	ExitAuthorization = 5
	ExitNetwork       = 6
	ExitState         = 7
	ExitFindings      = 8
	ExitToken         = 9
	ExitInterrupted   = 130
)

// Fault says who must act.
type Fault string

// The faults.
const (
	FaultUsage          Fault = "usage"
	FaultInput          Fault = "input"
	FaultState          Fault = "state"
	FaultNetwork        Fault = "network"
	FaultTLS            Fault = "tls"
	FaultCA             Fault = "ca"
	FaultAuthorization  Fault = "authorization"
	FaultTokenAuthority Fault = "token-authority"
	FaultTimeout        Fault = "timeout"
	FaultInternal       Fault = "internal"
)

// Report is an explained error.
type Report struct {
	APIVersion string               `json:"apiVersion"`
	Kind       string               `json:"kind"`
	Exit       int                  `json:"exit"`
	Code       Code                 `json:"code"`
	Fault      Fault                `json:"fault"`
	Message    string               `json:"message"`
	Hint       string               `json:"hint,omitempty"`
	Causes     []string             `json:"causes,omitempty"` // possible causes, the likeliest first
	Clause     string               `json:"clause,omitempty"`
	Problem    *acmewire.Problem    `json:"problem,omitempty"`
	Request    *acmewire.Request    `json:"request,omitempty"`
	Trust      *session.TrustReport `json:"trust,omitempty"`
	Next       string               `json:"next,omitempty"`
}

// Context is what an explanation may use in addition to the error.
type Context struct {
	*cli.Call
	// Err is the error as the command returned it. It may wrap or join the one that
	// is explained.
	Err error
	// TokenAuthority says that the error is about a Token Authority, not about
	// the ACME server.
	TokenAuthority bool

	registry *Registry
}

// Subject names what the command was doing, such as "order amf-01".
func (c *Context) Subject() string {
	switch {
	case c.Call.Global.Name != "":
		return c.Call.Command + " " + c.Call.Global.Name
	case c.Call.Command == "":
		return "nfcert"
	}
	return c.Call.Command
}
