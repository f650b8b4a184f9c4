package forget

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/store"
)

func runEnrolment(ctx context.Context, call *cli.Call) error {
	if err := session.Named(call); err != nil {
		return err
	}
	s, err := session.OpenStore(call)
	if err != nil {
		return err
	}
	name := call.Global.Name
	return forget(ctx, call, s, enroll.EnrolmentDir(name), forgotten{Type: typeEnrolment, Name: name}, func(doc *forgotten) error {
		en, err := enroll.Load(s, name)
		_, damaged := cli.As[*store.DamagedError](err)
		switch {
		case damaged, errors.Is(err, fs.ErrNotExist): // a killed run may have left keys without a document
			return nil
		case err != nil:
			return err
		}
		doc.Server = en.Server
		doc.Installed = slices.DeleteFunc(en.InstalledFiles(), func(path string) bool {
			return strings.HasPrefix(path, s.Dir()+string(filepath.Separator))
		})
		warnLeft(call, en.Order, en.Journal)
		if en.Renewal != nil {
			warnLeft(call, en.Renewal.Order, en.Renewal.Journal)
		}
		return nil
	})
}

// warnLeft says what stays at the CA and elsewhere.
func warnLeft(call *cli.Call, o *enroll.Order, journal *enroll.Journal) {
	if o != nil && slices.Contains([]enroll.Status{enroll.Pending, enroll.Ready, enroll.Processing}, o.Status) {
		call.Progress.Warn("the CA still has the order %s, which is %s; to end it, run this first: nfcert order abandon -n %s", o.URL, o.Status, call.Global.Name)
	}
	if journal == nil {
		return
	}
	for _, p := range journal.Placements {
		if p.Lasts() {
			call.Progress.Warn("the response to a %s challenge is still in place: %s", p.Type, p.Where)
		}
	}
}
