package commands

import (
	"fmt"

	"github.com/nfcert/nfcert/internal/acmewire"
)

// Exit codes. `nfcert help exit-codes` explains them.
const (
	exitDone          = 0
	exitBug           = 1
	exitUsage         = 2
	exitPending       = 3
	exitRefused       = 4
	exitAuthorization = 5
	exitNetwork       = 6
	exitState         = 7
	exitFindings      = 8
	exitToken         = 9
	exitInterrupted   = 130
)

// Faults say on whose desk a problem lies.
const (
	faultUsage          = "usage"
	faultInput          = "input"
	faultState          = "state"
	faultNetwork        = "network"
	faultTLS            = "tls"
	faultCA             = "ca"
	faultAuthorization  = "authorization"
	faultTokenAuthority = "token-authority"
	faultTimeout        = "timeout"
	faultInternal       = "internal"
)

// usageError says that the command line cannot be followed.
type usageError struct{ message, hint string }

func (e *usageError) Error() string { return e.message }

// usagef makes a usageError with a hint, which may be "".
func usagef(hint, format string, args ...any) error {
	return &usageError{message: fmt.Sprintf(format, args...), hint: hint}
}

// inputError says that a file the user named cannot be read or is not valid.
type inputError struct {
	File string
	Err  error
}

func (e *inputError) Error() string { return fmt.Sprintf("%q: %v", e.File, e.Err) }
func (e *inputError) Unwrap() error { return e.Err }

// report is an error as it is told, to people and to scripts.
type report struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Exit       int               `json:"exit"`
	Code       string            `json:"code"`
	Fault      string            `json:"fault"`
	Message    string            `json:"message"`
	Hint       string            `json:"hint,omitempty"`
	Causes     []string          `json:"causes,omitempty"` // what it may be, the likeliest first
	Clause     string            `json:"clause,omitempty"`
	Problem    *acmewire.Problem `json:"problem,omitempty"`
	Request    *acmewire.Request `json:"request,omitempty"`
	Trust      *trustReport      `json:"trust,omitempty"`
	Next       string            `json:"next,omitempty"`
}

// apiVersion is that of every document.
const apiVersion = "nfcert/v1"
