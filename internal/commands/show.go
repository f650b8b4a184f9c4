package commands

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

func newShow(app *App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show",
		Short: "What there is and what comes next; without -n, everything",
		Long: `Show an enrolment as far as it has come, and the command that takes it further.
Without -n, list all enrolments. Nothing is asked of any server, except by
show server.`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return app.runShow() },
	}
	cmd.AddCommand(newShowAccount(app), newShowOrder(app), newShowCSR(app), newShowCert(app), newShowServer(app), newShowToken(app), newShowTrace(app), newShowConfig(app))
	return cmd
}

// enrolments loads every enrolment. One that cannot be read is told and passed
// over: the others are still worth showing.
func (a *App) enrolments(s *session) ([]*enroll.Enrolment, error) {
	names, err := enroll.Names(s.store)
	if err != nil {
		return nil, err
	}
	list := []*enroll.Enrolment{}
	for _, name := range names {
		en, err := enroll.Load(s.store, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			a.progress.warn("enrolment %s: %v", name, err)
		default:
			list = append(list, en)
		}
	}
	return list, nil
}

func (a *App) runShow() error {
	s, err := a.local()
	if err != nil {
		return err
	}
	if a.global.name != "" {
		en, err := enroll.Load(s.store, a.global.name)
		if err != nil {
			return a.noSuch(a.global.name, err)
		}
		return a.printEnrolment(en, false)
	}
	list, err := a.enrolments(s)
	if err != nil {
		return err
	}
	table := ui.NewTable("NAME", "NF", "STATUS", "NOT AFTER", "SERVER", "NEXT")
	docs := make([]enrolmentDoc, 0, len(list))
	for _, en := range list {
		next := a.nextFor(en)
		docs = append(docs, enrolmentDoc{APIVersion: apiVersion, Kind: "Enrolment", Enrolment: en, Next: next})
		kind, end := "", any("")
		if en.NF != nil {
			kind = en.NF.Type
		}
		if en.Certificate != nil {
			end = en.Certificate.NotAfter
		}
		table.Row(en.Name, kind, standing(en), end, en.Server, next)
	}
	if err := a.printList("Enrolments", "enrolments", docs, table); err != nil {
		return err
	}
	if len(list) == 0 && a.global.output == outputTable {
		a.progress.next(a.line("csr", "-n", "NAME", "--nf", "FILE"))
	}
	return nil
}

func newShowAccount(app *App) *cobra.Command {
	return &cobra.Command{
		Use: "account [NAME]", Short: "A saved account", Args: wantArgs(0, 1, "at most the name of one account"),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				app.global.account = args[0]
			}
			return app.runShowAccount()
		},
	}
}

func (a *App) runShowAccount() error {
	if err := a.mustExistWhenTyped(); err != nil {
		return err
	}
	s, err := a.local()
	if err != nil {
		return err
	}
	en, err := a.enrolled(s)
	if err != nil {
		return err
	}
	name := first(a.global.account, first(en.Account, enroll.DefaultAccount))
	acc, err := savedAccount(s.store, name, first(a.serverNamed(), en.Server))
	if err != nil {
		return err
	}
	if acc != nil {
		return a.printAccount(acc, false, "")
	}
	return &enroll.OutOfTurnError{Name: name, Step: "show account", Needs: enroll.StepAccount, Found: fmt.Sprintf("there is no account %q", name)}
}

func newShowOrder(app *App) *cobra.Command {
	return &cobra.Command{
		Use: "order", Short: "The order of an enrolment, as last seen", Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return app.runShowOrder() },
	}
}

func (a *App) runShowOrder() error {
	if err := a.needName(); err != nil {
		return err
	}
	s, err := a.local()
	if err != nil {
		return err
	}
	en, err := enroll.Load(s.store, a.name)
	if err != nil {
		return a.noSuch(a.name, err)
	}
	if en.Order == nil {
		return &enroll.OutOfTurnError{Name: a.name, Step: "show order", Needs: en.Step, Found: "it has no order"}
	}
	if a.global.output != outputTable {
		return a.printEnrolment(en, false)
	}
	f := &ui.Fields{Now: a.clock(), Paint: a.streams.OutPaint()}
	addOrder(f, en.Order)
	if err := f.Write(a.streams.Out, a.streams.OutTTY); err != nil {
		return err
	}
	a.progress.next(a.nextFor(en))
	return nil
}

func newShowServer(app *App) *cobra.Command {
	return &cobra.Command{
		Use: "server [URL]", Short: "What a server tells of itself", Args: wantArgs(0, 1, "at most one URL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				app.global.server = args[0]
			}
			return app.runShowServer(cmd.Context())
		},
	}
}

func (a *App) runShowServer(ctx context.Context) error {
	return a.withServer(ctx, func(ctx context.Context, s *session) error {
		d, err := s.engine.CA.Refresh(ctx)
		if err != nil {
			return err
		}
		s.adoptPinned()
		live := liveTLS(s.engine.CA.Wire())
		if a.global.output != outputTable {
			return ui.WriteJSON(a.streams.Out, struct {
				APIVersion string `json:"apiVersion"`
				Kind       string `json:"kind"`
				*server
				TLS       *tlsDoc             `json:"tls,omitempty"`
				Directory *acmewire.Directory `json:"directory"`
				// Deviations are those met now and those remembered.
				Deviations []acmewire.MetDeviation `json:"deviations"`
			}{apiVersion, "Server", s.server, live, d, s.deviations()})
		}
		f := a.serverFields(s.server, d)
		live.addTo(f)
		for _, m := range s.deviations() {
			f.Add("deviation", fmt.Sprintf("%s (%s): %s; count %d, last %s", m.ID, m.Clause, m.Found, m.Count, ui.Time(m.Last)))
		}
		return f.Write(a.streams.Out, a.streams.OutTTY)
	})
}

func (a *App) serverFields(sv *server, d *acmewire.Directory) *ui.Fields {
	f := &ui.Fields{Paint: a.streams.OutPaint()}
	f.Add("server", sv.URL)
	f.Add("trusted by", first(sv.RootSHA256, "the system's roots"))
	f.Add("pin", sv.Pin)
	for _, name := range slices.Sorted(maps.Keys(sv.Resolve)) {
		f.Add("address", name+" is "+sv.Resolve[name])
	}
	f.Add("client cert", sv.ClientCert)
	f.Add("newNonce", d.NewNonce)
	f.Add("newAccount", d.NewAccount)
	f.Add("newOrder", d.NewOrder)
	f.Add("newAuthz", d.NewAuthz)
	f.Add("revokeCert", d.RevokeCert)
	f.Add("keyChange", d.KeyChange)
	f.Add("renewalInfo", d.RenewalInfo)
	f.Add("terms", d.Meta.TermsOfService)
	f.Add("website", d.Meta.Website)
	if d.Meta.ExternalAccountRequired {
		f.Add("account", "an external account binding is required")
	}
	for name, text := range d.Meta.Profiles {
		f.Add("profile", name+": "+text)
	}
	return f
}

func newShowTrace(app *App) *cobra.Command {
	return &cobra.Command{
		Use: "trace", Short: "The HTTP exchanges that an enrolment has kept", Args: noArgs,
		Long: "Show what was sent to the CA and what it answered for an enrolment, decoded and\nredacted. With -o json each exchange is a JSON object on a line of its own.",
		RunE: func(*cobra.Command, []string) error { return app.runShowTrace() },
	}
}

func (a *App) runShowTrace() error {
	if err := a.needName(); err != nil {
		return err
	}
	s, err := a.local()
	if err != nil {
		return err
	}
	data, err := s.store.ReadFile(enroll.TraceFile(a.name))
	if err != nil {
		return a.noSuch(a.name, err)
	}
	if a.global.output == outputJSON || a.global.output == outputJSONL {
		return writeAll(a.streams.Out, data)
	}
	var out strings.Builder
	for line := range bytes.Lines(data) {
		var ex acmewire.Exchange
		if json.Unmarshal(line, &ex) != nil {
			continue // a line that a dying run did not finish
		}
		out.WriteString(ui.Time(ex.Time) + " " + exchangeLine(&ex) + "\n")
		writeExchange(&out, &ex)
	}
	return writeAll(a.streams.Out, []byte(out.String()))
}

func newShowConfig(app *App) *cobra.Command {
	return &cobra.Command{
		Use: "config", Short: "Each setting's value and where it came from", Args: noArgs,
		Long: "Show each flag that every command takes, and what else variables and the\nconfiguration file set: the value that counts, and where it came from.",
		RunE: func(*cobra.Command, []string) error { return app.runShowConfig() },
	}
}

func (a *App) runShowConfig() error {
	dir, err := a.stateDir()
	if err != nil {
		return err
	}
	table := ui.NewTable("SETTING", "VALUE", "FROM")
	values := a.everywhere()
	for i, v := range values {
		if v.Flag == "state" && v.Source == "default" {
			values[i].Value = dir
		}
		table.Row(v.Flag, values[i].Value, v.Source)
	}
	return a.printList("Config", "settings", values, table)
}
