package enroll

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/challenge"
)

// NameError refuses a name.
type NameError struct{ Kind, Name, Reason string }

func (e *NameError) Error() string { return fmt.Sprintf("%s name %q: %s", e.Kind, e.Name, e.Reason) }

// OutOfTurnError says that a step needs another one done first.
type OutOfTurnError struct {
	Name  string // of the enrolment, or of the account when Needs is account
	Step  Step   // what was asked for
	Needs Step   // what comes first
	Found string // how things stand, such as "its order is pending"
}

func (e *OutOfTurnError) Error() string {
	if e.Needs == StepAccount { // the name is not the enrolment's
		return fmt.Sprintf("%s: %s", e.Step, e.Found)
	}
	return fmt.Sprintf("%s %s: %s", e.Step, e.Name, e.Found)
}

// ConflictError says that what was asked for contradicts what is saved.
type ConflictError struct {
	Name  string
	Field string
	Saved string
	Asked string
	Why   string // why it cannot be changed now
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s: %s is %q and was asked to be %q: %s", e.Name, e.Field, e.Saved, e.Asked, e.Why)
}

// PendingError says that the CA is not done yet and the time is over. What was
// reached is saved.
type PendingError struct {
	Name   string
	Step   Step
	What   string // what is awaited
	Waited time.Duration
	Cause  error // the context's error; nil when waiting was turned off
}

func (e *PendingError) Error() string {
	s := fmt.Sprintf("%s %s: %s", e.Step, e.Name, e.What)
	if e.Waited > 0 {
		s += fmt.Sprintf(" after %s", e.Waited.Round(time.Millisecond))
	}
	return s
}

func (e *PendingError) Unwrap() error { return e.Cause }

// TermsError says that the CA has terms of service and they are not agreed to.
type TermsError struct{ URL string }

func (e *TermsError) Error() string {
	return fmt.Sprintf("the CA's terms of service are not accepted: %s", e.URL)
}

// BindingRequiredError says that the CA makes accounts only for those it knows
// already and no external account binding was given.
type BindingRequiredError struct{ Server string }

func (e *BindingRequiredError) Error() string {
	return "the CA demands an external account binding and none was given"
}

// AccountStateError says that an account can no longer be used.
type AccountStateError struct{ Name, Status string }

func (e *AccountStateError) Error() string {
	return fmt.Sprintf("account %s is %s", e.Name, e.Status)
}

// RefusedOrderError is the CA's refusal to take an order, with what was ordered:
// not every CA says which identifier it means.
type RefusedOrderError struct {
	Name        string
	Identifiers []Identifier
	Err         error
}

func (e *RefusedOrderError) Error() string {
	return fmt.Sprintf("order %s: the CA refused the order for %s: %v", e.Name, joinIdentifiers(e.Identifiers), e.Err)
}

func (e *RefusedOrderError) Unwrap() error { return e.Err }

// HasInstance reports whether an NF instance id was ordered, which most CAs do
// not know (TS 33.310 Annex J.2.2).
func (e *RefusedOrderError) HasInstance() bool {
	return slices.ContainsFunc(e.Identifiers, func(id Identifier) bool { return id.Type == TypeInstance })
}

// OthersThanInstance reports whether something would be left to order without it.
func (e *RefusedOrderError) OthersThanInstance() bool {
	return slices.ContainsFunc(e.Identifiers, func(id Identifier) bool { return id.Type != TypeInstance })
}

// RefusedIdentifier is one identifier that could not be proven, and why.
type RefusedIdentifier struct {
	Identifier Identifier
	Status     Status   // of the authorization
	Challenge  string   // type of the challenge that failed; "": none was tried
	Problem    *Problem // nil: the CA gave no reason
	Fetches    *Fetches // of what was in place for the challenge; nil: that cannot be seen from here
}

// Fetches are what was seen, from here, of the CA's validation.
type Fetches struct {
	challenge.Fetches
	Where string // the address that answered
}

func (r RefusedIdentifier) String() string {
	s := r.Identifier.String()
	if r.Challenge != "" {
		s += " by " + r.Challenge
	}
	if r.Problem != nil {
		return s + ": " + r.Problem.String()
	}
	return s + ": authorization is " + string(r.Status) + " and the CA gave no reason"
}

// AuthorizationError says that identifiers of an order were not proven.
type AuthorizationError struct {
	Name        string
	OrderURL    string
	OrderStatus Status
	OrderError  *Problem
	Refused     []RefusedIdentifier
}

func (e *AuthorizationError) Error() string {
	var parts []string
	for _, r := range e.Refused {
		parts = append(parts, r.String())
	}
	if len(parts) == 0 {
		reason := fmt.Sprintf("the order is %s", e.OrderStatus)
		if e.OrderError != nil {
			reason += ": " + e.OrderError.String()
		}
		parts = append(parts, reason)
	}
	return fmt.Sprintf("order %s: %s", e.Name, strings.Join(parts, "; "))
}

// PlaceError says that what proves an identifier could not be put in place, or
// did not become visible in time. The CA was sent no answer.
type PlaceError struct {
	Challenge  string
	Identifier Identifier
	Err        error
}

func (e *PlaceError) Error() string {
	return fmt.Sprintf("%s for %s cannot be put in place: %v", e.Challenge, e.Identifier, e.Err)
}

func (e *PlaceError) Unwrap() error { return e.Err }

// PlaceErrors are the failures of several identifiers of one order.
type PlaceErrors []*PlaceError

func (e PlaceErrors) Error() string {
	var parts []string
	for _, one := range e {
		parts = append(parts, one.Error())
	}
	return strings.Join(parts, "; ")
}

// Unwrap returns those that are not about time, if there are any: running again
// does not help while one of them remains.
func (e PlaceErrors) Unwrap() []error {
	var all, lasting []error
	for _, one := range e {
		all = append(all, one)
		if !errors.Is(one, context.DeadlineExceeded) {
			lasting = append(lasting, one)
		}
	}
	if lasting != nil {
		return lasting
	}
	return all
}

// orNil returns nothing, the one or all of them.
func (e PlaceErrors) orNil() error {
	switch len(e) {
	case 0:
		return nil
	case 1:
		return e[0]
	}
	return e
}

// NamesError says that the CSR's names are not the order's, which every CA
// refuses.
type NamesError struct {
	Name    string
	Missing []Identifier // in the order, not in the CSR
	Extra   []Identifier // in the CSR, not in the order
}

func (e *NamesError) Error() string {
	var parts []string
	if len(e.Missing) > 0 {
		parts = append(parts, "the CSR lacks "+joinIdentifiers(e.Missing)+" of the order")
	}
	if len(e.Extra) > 0 {
		parts = append(parts, "the CSR has "+joinIdentifiers(e.Extra)+", which the order does not have")
	}
	return fmt.Sprintf("finalize %s: %s", e.Name, strings.Join(parts, "; "))
}

func joinIdentifiers(ids []Identifier) string {
	var s []string
	for _, id := range ids {
		s = append(s, id.String())
	}
	return strings.Join(s, ", ")
}

// CertificateError says that the issued certificate is not the one asked for
// and was not installed.
type CertificateError struct {
	Name    string
	Reasons []string
	Chain   []*x509.Certificate // as downloaded
	Err     error               // the verification's; nil when names or key are wrong
	Judged  bool                // it is what was asked for, and the reasons are FinalizeOptions.Judge's
}

func (e *CertificateError) Error() string {
	return fmt.Sprintf("finalize %s: the certificate was not installed: %s", e.Name, strings.Join(e.Reasons, "; "))
}

func (e *CertificateError) Unwrap() error { return e.Err }

// KeylessError says that a key was asked for that is not among the enrolment's
// files.
type KeylessError struct {
	Name string
	URI  string // of the token's key; "": the key is where the CSR was made
}

func (e *KeylessError) Error() string {
	if e.URI != "" {
		return fmt.Sprintf("%s: its key stays in the token and cannot be written to a file: %s", e.Name, e.URI)
	}
	return fmt.Sprintf("%s: its CSR was adopted without its key, so there is no key to write to a file", e.Name)
}

// ForeignKeyError says that a key is not the one that a CSR was signed with.
type ForeignKeyError struct {
	Name     string
	Key, CSR string // types of the two, as in P256
}

func (e *ForeignKeyError) Error() string {
	return fmt.Sprintf("csr %s: the given key (%s) is not the key of the CSR (%s)", e.Name, e.Key, e.CSR)
}

// KeyFileError says that a saved key, CSR or chain of an enrolment or account is
// missing, or not what its document describes.
type KeyFileError struct {
	Path string
	Err  error
}

func (e *KeyFileError) Error() string {
	if errors.Is(e.Err, fs.ErrNotExist) {
		return fmt.Sprintf("the saved %q is missing", e.Path)
	}
	return fmt.Sprintf("the saved %q: %v", e.Path, e.Err)
}
func (e *KeyFileError) Unwrap() error { return e.Err }

// refused reports whether the CA itself said no, as opposed to not answering.
func refused(err error) bool {
	var p *acmewire.Problem
	return errors.As(err, &p)
}
