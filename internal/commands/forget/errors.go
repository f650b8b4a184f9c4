package forget

import (
	"strings"

	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/store"
)

// Types of what can be forgotten.
const (
	typeEnrolment = "enrolment"
	typeAccount   = "account"
	typeServer    = "server"
)

// maxListed bounds how many saved names a hint lists.
const maxListed = 10

// notSavedError says that there is nothing to forget.
type notSavedError struct {
	Type, Name, Server string
	Saved              []string // what could be meant
}

func (e *notSavedError) Error() string {
	text := "no " + e.Type + " " + e.Name + " is saved"
	if e.Server != "" {
		text += " for " + e.Server
	}
	return text
}

// notSaved lists what could be meant, as far as it can be read.
func notSaved(s *store.Store, doc forgotten) error {
	e := &notSavedError{Type: doc.Type, Name: doc.Name, Server: doc.Server}
	switch doc.Type {
	case typeEnrolment:
		e.Saved, _ = enroll.Names(s)
	case typeAccount:
		accounts, _ := enroll.Accounts(s, nil)
		for _, acc := range accounts {
			e.Saved = append(e.Saved, acc.Name+" at "+acc.Server)
		}
	case typeServer:
		servers, _ := session.Servers(s)
		for _, sv := range servers {
			e.Saved = append(e.Saved, sv.URL)
		}
	}
	return e
}

// inUse refuses to forget what is still used.
func inUse(what string, users []string, force bool) error {
	if len(users) == 0 || force {
		return nil
	}
	return &inUseError{What: what, Users: users}
}

// inUseError says that saved things depend on what is to be forgotten.
type inUseError struct {
	What  string
	Users []string
}

func (e *inUseError) Error() string { return e.What + " is used by " + strings.Join(e.Users, ", ") }

// Errors explains the errors that only this command returns.
func Errors() []report.Entry {
	return []report.Entry{
		report.For(report.ExitState, report.CodeConflict, report.FaultState, func(_ *report.Context, e *inUseError, r *report.Report) {
			r.Message = "forget: " + e.Error()
			r.Hint = "nothing was changed; forget these first, or add --force"
		}),
		report.For(report.ExitState, report.CodeOutOfTurn, report.FaultState, func(_ *report.Context, e *notSavedError, r *report.Report) {
			r.Message, r.Hint = "forget: "+e.Error(), "no "+e.Type+" is saved"
			if len(e.Saved) > 0 {
				r.Hint = "saved: " + strings.Join(e.Saved[:min(len(e.Saved), maxListed)], ", ")
			}
			if len(e.Saved) > maxListed {
				r.Hint += ", …"
			}
		}),
	}
}
