package session

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
)

// Enrolments loads all enrolments. For one that cannot be read it warns, and
// continues with the others.
func Enrolments(call *cli.Call, s *Session) ([]*enroll.Enrolment, error) {
	names, err := enroll.Names(s.Store)
	if err != nil {
		return nil, err
	}
	list := []*enroll.Enrolment{}
	for _, name := range names {
		en, err := enroll.Load(s.Store, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			call.Progress.Warn("enrolment %s: %v", name, err)
		default:
			list = append(list, en)
		}
	}
	return list, nil
}

// Enrolment returns the enrolment of -n as it was when the session first read it. A
// step of the engine reads it again, under its lock. Without -n, it returns nil; the
// error is [fs.ErrNotExist] if there is no such enrolment yet.
func (s *Session) Enrolment() (*enroll.Enrolment, error) {
	name := s.Call.Global.Name
	if name == "" {
		return nil, nil
	}
	if s.enrolment == nil || s.enrolment.Name != name {
		en, err := enroll.Load(s.Store, name)
		if err != nil {
			return nil, err
		}
		s.enrolment = en
	}
	return s.enrolment, nil
}

// Found is [Session.Enrolment] for a command that needs the enrolment if -n names
// one: the error says which enrolments there are.
func (s *Session) Found() (*enroll.Enrolment, error) {
	en, err := s.Enrolment()
	return en, s.noSuch(err)
}

// Begun is [Session.Enrolment] for a command that can begin a new one: nil means that
// there is none yet.
func (s *Session) Begun() (*enroll.Enrolment, error) {
	en, err := s.Enrolment()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return en, err
}

// Named returns an error unless the command line has a valid name of an enrolment,
// which need not exist yet.
func Named(call *cli.Call) error {
	if call.Global.Name == "" {
		return cli.Usagef("as in nfcert "+call.Command+" amf-01", "%s needs the name of an enrolment", call.Command)
	}
	return enroll.CheckName("enrolment", call.Global.Name)
}

// Existing opens a session, without a server, for the enrolment that the command line
// names, or for the only one saved. It returns an error if there is no such enrolment.
func Existing(call *cli.Call) (*Session, error) {
	s, err := Local(call)
	if err != nil {
		return nil, err
	}
	_, err = s.Existing()
	return s, err
}

// Existing returns the enrolment that the command line names, or the only one saved,
// and makes the session one for it.
func (s *Session) Existing() (*enroll.Enrolment, error) {
	call := s.Call
	if call.Global.Name == "" {
		names, err := enroll.Names(s.Store)
		if err != nil {
			return nil, err
		}
		if len(names) != 1 {
			return nil, unnamed(call, names)
		}
		call.Progress.Note("enrolment %s", names[0])
		s.Call = call.ForEnrolment(names[0])
	}
	if err := Named(s.Call); err != nil {
		return nil, err
	}
	return s.Found()
}

// unnamed is the error for a command line that does not name one of the saved
// enrolments.
func unnamed(call *cli.Call, names []string) error {
	if len(names) == 0 {
		return cli.Usagef("start with: "+call.Line("csr", "-n", "NAME", "--nf", "FILE"), "%s: no enrolments yet", call.Command)
	}
	return cli.Usagef("as in "+call.Line(call.Command, names[0])+"; the enrolments are "+listed(names), "%s needs the name of an enrolment", call.Command)
}

// listed joins the first names.
func listed(names []string) string {
	const most = 8
	list := strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		list += ", ..."
	}
	return list
}

// ForArgument makes the session one for an argument that is the name of an enrolment.
// It returns false if the argument is not one, or if a file has that name.
func (s *Session) ForArgument(arg string) bool {
	if _, err := os.Stat(arg); err == nil || enroll.CheckName("enrolment", arg) != nil {
		return false
	}
	named := Session{Call: s.Call.ForEnrolment(arg), Store: s.Store}
	if _, err := named.Enrolment(); errors.Is(err, fs.ErrNotExist) {
		return false
	}
	s.Call, s.enrolment = named.Call, named.enrolment
	return true
}

// CheckTyped returns an error if -n on the command line names an enrolment that does
// not exist. It is for account commands, which use the enrolment's account: with a
// mistyped name they would change another account. A variable may name an enrolment
// that does not exist yet.
func CheckTyped(call *cli.Call) error {
	if call.Settings.Sources["name"] != "flag" {
		return nil
	}
	_, err := Existing(call)
	return err
}

// noSuch explains err, which loading the enrolment returned, if it does not exist.
func (s *Session) noSuch(err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	name := s.Call.Global.Name
	found := fmt.Sprintf("no enrolment %q", name)
	if names, _ := enroll.Names(s.Store); len(names) > 0 { // as far as they can be read
		found += "; the enrolments are " + listed(names)
	}
	return &enroll.OutOfTurnError{Name: name, Step: enroll.Step(s.Call.Command), Needs: enroll.StepCSR, Found: found}
}
