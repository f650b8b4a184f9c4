package view

import (
	"fmt"
	"path/filepath"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/layout"
	"github.com/nfcert/nfcert/internal/store"
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
	printOwner(call, en.Certificate)
}

// printOwner prints the command that lets the core read its key, if root wrote it and
// the core runs as another user. A renewal keeps the owner.
func printOwner(call *cli.Call, c *enroll.Certificate) {
	key := c.Files[layout.KindKey]
	switch c.Layout {
	case layout.Open5GS, layout.Free5GC, layout.SDCore:
	default:
		return
	}
	if key == "" || !store.RootOnly(key) {
		return
	}
	paths := []string{key}
	if dir := filepath.Dir(key); store.RootOnly(dir) {
		paths = []string{dir, key}
	}
	user, who := c.Layout.User(), fmt.Sprintf("%s runs as the user %s", c.Layout, c.Layout.User())
	if user == "" {
		user, who = "USER", fmt.Sprintf("if %s runs as another user", c.Layout)
	}
	call.Progress.Note("# only root can read the key; %s:", who)
	call.Progress.Note("chown %s: %s", user, cli.ShellQuote(paths...))
}
