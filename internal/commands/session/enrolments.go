package session

import (
	"errors"
	"io/fs"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
)

// Enrolments loads every enrolment. One that cannot be read is told and passed
// over: the others are still worth showing.
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

// LoadNamed loads the enrolment of -n; nil: there is no -n.
func LoadNamed(call *cli.Call, s *Session) (*enroll.Enrolment, error) {
	if call.Global.Name == "" {
		return nil, nil
	}
	en, err := enroll.Load(s.Store, call.Global.Name)
	if err != nil {
		return nil, NoSuch(call, call.Global.Name, err)
	}
	return en, nil
}
