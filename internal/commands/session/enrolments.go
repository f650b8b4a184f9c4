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

// LoadNamed loads the enrolment of -n. It returns nil if there is no -n.
func LoadNamed(call *cli.Call, s *Session) (*enroll.Enrolment, error) {
	if call.Global.Name == "" {
		return nil, nil
	}
	en, err := enroll.Load(s.Store, call.Global.Name)
	if err != nil {
		return nil, NoSuch(call, s.Store, call.Global.Name, err)
	}
	return en, nil
}

// Enrolled loads the enrolment of -n. It returns an empty one if there is no -n, or
// if the enrolment does not exist yet.
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

// Named returns the call, and an error unless the command line has a valid name of an
// enrolment, which need not exist yet.
func Named(call *cli.Call) (*cli.Call, error) {
	if call.Global.Name == "" {
		return nil, cli.Usagef("as in nfcert "+call.Command+" amf-01", "%s needs the name of an enrolment", call.Command)
	}
	return call, enroll.CheckName("enrolment", call.Global.Name)
}

// Existing returns the call for the enrolment that the command line names, or for the
// only one saved. It returns an error if there is no such enrolment. It uses no
// server.
func Existing(call *cli.Call) (*cli.Call, error) {
	call, _, _, err := Open(call)
	return call, err
}

// Open is [Existing] for a command that only reads: it also returns the session,
// without a server, and the enrolment.
func Open(call *cli.Call) (*cli.Call, *Session, *enroll.Enrolment, error) {
	s, err := Local(call)
	if err != nil {
		return nil, nil, nil, err
	}
	if call.Global.Name == "" {
		names, err := enroll.Names(s.Store)
		if err != nil {
			return nil, nil, nil, err
		}
		if len(names) != 1 {
			return nil, nil, nil, unnamed(call, names)
		}
		call.Progress.Note("enrolment %s", names[0])
		call = call.ForEnrolment(names[0])
	}
	if call, err = Named(call); err != nil {
		return nil, nil, nil, err
	}
	en, err := enroll.Load(s.Store, call.Global.Name)
	if err != nil {
		return nil, nil, nil, NoSuch(call, s.Store, call.Global.Name, err)
	}
	return call, s, en, nil
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

// ForArgument returns the call for an argument that is the name of an enrolment. It
// returns nil if it is not one, or if a file has that name.
func ForArgument(call *cli.Call, s *Session, arg string) *cli.Call {
	if _, err := os.Stat(arg); err == nil || enroll.CheckName("enrolment", arg) != nil {
		return nil
	}
	if _, err := enroll.Load(s.Store, arg); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return call.ForEnrolment(arg)
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

// NoSuch explains err, which loading an enrolment returned, if the enrolment does not
// exist.
func NoSuch(call *cli.Call, s enroll.Store, name string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	found := fmt.Sprintf("no enrolment %q", name)
	if names, _ := enroll.Names(s); len(names) > 0 { // as far as they can be read
		found += "; the enrolments are " + listed(names)
	}
	return &enroll.OutOfTurnError{Name: name, Step: enroll.Step(call.Command), Needs: enroll.StepCSR, Found: found}
}
