package view

import (
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/enroll"
)

// PrintIssued prints the certificate of an enrolment, or the file of that kind when
// stdout is to carry one.
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

// TellConfiguration says on stderr what to paste into the core's configuration,
// when this run laid files out.
func TellConfiguration(call *cli.Call, en *enroll.Enrolment, o enroll.FinalizeOptions) {
	if o.Layout.Name == "" || en.Certificate == nil || len(en.Certificate.Configuration) == 0 {
		return
	}
	call.Progress.Note("for the configuration, by layout %s:", en.Certificate.Layout)
	for _, line := range en.Certificate.Configuration {
		call.Progress.Note("%s", line)
	}
}
