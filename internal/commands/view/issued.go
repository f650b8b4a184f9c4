package view

import (
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/enroll"
)

// PrintIssued prints an enrolment or, if stdout names one of its files, as --cert-out -
// does, the content of that file.
func PrintIssued(call *cli.Call, s *session.Session, en *enroll.Enrolment, unchanged bool, stdout string) error {
	if stdout == "" {
		return PrintStep(call, en, unchanged, CertificateChanged)
	}
	data, err := s.Engine.Content(en, stdout)
	if err != nil {
		return err
	}
	return cli.WriteAll(call.Streams.Out, data)
}

// PrintConfiguration prints on stderr the lines for the configuration of the 5G core,
// if this run wrote the files of a layout.
func PrintConfiguration(call *cli.Call, en *enroll.Enrolment, o enroll.FinalizeOptions) {
	if o.Layout.Name == "" || en.Certificate == nil || len(en.Certificate.Configuration) == 0 {
		return
	}
	call.Progress.Note("for the configuration (layout %s), only what goes below the sections that it has:", en.Certificate.Layout)
	for _, line := range en.Certificate.Configuration {
		call.Progress.Note("%s", line)
	}
}
