// Package show is nfcert show and its subcommands.
package show

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/commands/view"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

func New(env *cli.Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:        "show",
		SuggestFor: []string{"list", "ls", "status", "get", "info", "describe"},
		Short:      "What there is and what comes next; without -n, everything",
		Long: `Show an enrolment as far as it has come, and the command that takes it further.
Without -n, list all enrolments. Nothing is asked of any server, except by
show server.`,
		RunE: env.Run(func(_ context.Context, call *cli.Call, _ []string) error { return runShow(call) }),
	}
	cmd.AddCommand(newShowAccount(env), newShowOrder(env), newShowCSR(env), newShowCert(env), newShowServer(env), newShowToken(env), newShowTrace(env), newShowConfig(env))
	return env.Named(cmd)
}

func runShow(call *cli.Call) error {
	s, err := session.Local(call)
	if err != nil {
		return err
	}
	if call.Global.Name != "" {
		en, err := enroll.Load(s.Store, call.Global.Name)
		if err != nil {
			return session.NoSuch(call, call.Global.Name, err)
		}
		return view.PrintEnrolment(call, en, false)
	}
	list, err := session.Enrolments(call, s)
	if err != nil {
		return err
	}
	table := ui.NewTable("NAME", "NF", "STATUS", "NOT AFTER", "SERVER", "NEXT")
	docs := make([]view.EnrolmentDoc, 0, len(list))
	for _, en := range list {
		next := view.NextFor(call, en)
		docs = append(docs, view.EnrolmentDoc{APIVersion: cli.APIVersion, Kind: "Enrolment", Enrolment: en, Next: next})
		kind, end := "", any("")
		if en.NF != nil {
			kind = en.NF.Type
		}
		if en.Certificate != nil {
			end = en.Certificate.NotAfter
		}
		table.Row(en.Name, kind, view.Standing(en), end, en.Server, ui.Command(next))
	}
	return call.PrintList("Enrolments", "enrolments", docs, table)
}

func newShowAccount(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use: "account [NAME]", Short: "A saved account", Args: cli.WantArgs(0, 1, "at most the name of one account"),
		RunE: env.Run(func(_ context.Context, call *cli.Call, args []string) error {
			if len(args) == 1 {
				call = call.ForAccount(args[0])
			}
			return runShowAccount(call)
		}),
	}
}

func runShowAccount(call *cli.Call) error {
	if err := session.CheckTyped(call); err != nil {
		return err
	}
	s, err := session.Local(call)
	if err != nil {
		return err
	}
	en, err := session.Enrolled(call, s)
	if err != nil {
		return err
	}
	name := cmp.Or(call.Global.Account, cmp.Or(en.Account, enroll.DefaultAccount))
	acc, err := session.SavedAccount(s.Store, name, cmp.Or(session.ServerNamed(call), en.Server))
	if err != nil {
		return err
	}
	if acc != nil {
		return view.PrintAccount(call, acc, false, "")
	}
	return &enroll.OutOfTurnError{Name: name, Step: "show account", Needs: enroll.StepAccount, Found: fmt.Sprintf("there is no account %q", name)}
}

func newShowOrder(env *cli.Env) *cobra.Command {
	return env.Named(&cobra.Command{
		Use: "order", Short: "The order of an enrolment, as last seen",
		RunE: env.Run(func(_ context.Context, call *cli.Call, _ []string) error { return runShowOrder(call) }),
	})
}

func runShowOrder(call *cli.Call) error {
	call, err := session.Existing(call)
	if err != nil {
		return err
	}
	s, err := session.Local(call)
	if err != nil {
		return err
	}
	en, err := enroll.Load(s.Store, call.Global.Name)
	if err != nil {
		return session.NoSuch(call, call.Global.Name, err)
	}
	if en.Order == nil {
		return &enroll.OutOfTurnError{Name: call.Global.Name, Step: "show order", Needs: en.Step, Found: "it has no order"}
	}
	if call.Global.Output != cli.OutputTable {
		return view.PrintEnrolment(call, en, false)
	}
	f := &ui.Fields{Now: call.Clock(), Paint: call.Streams.OutPaint()}
	view.AddOrder(f, en.Order)
	if err := f.Write(call.Streams.Out, call.Streams.OutColumns()); err != nil {
		return err
	}
	call.Progress.Next(view.NextFor(call, en))
	return nil
}

func newShowServer(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use: "server [URL]", Short: "What a server tells of itself", Args: cli.WantArgs(0, 1, "at most one URL"),
		RunE: env.Run(func(ctx context.Context, call *cli.Call, args []string) error {
			if len(args) == 1 {
				call = call.ForServer(args[0])
			}
			return runShowServer(ctx, call)
		}),
	}
}

func runShowServer(ctx context.Context, call *cli.Call) error {
	return session.WithServer(ctx, call, func(ctx context.Context, s *session.Session) error {
		d, err := s.Engine.CA.Refresh(ctx)
		if err != nil {
			return err
		}
		s.AdoptPinned()
		live := liveTLS(s.Engine.CA.Wire())
		if call.Global.Output != cli.OutputTable {
			return ui.WriteJSON(call.Streams.Out, struct {
				APIVersion string `json:"apiVersion"`
				Kind       string `json:"kind"`
				*session.Server
				TLS       *tlsDoc             `json:"tls,omitempty"`
				Directory *acmewire.Directory `json:"directory"`
				// Deviations are those met now and those remembered.
				Deviations []acmewire.MetDeviation `json:"deviations"`
			}{cli.APIVersion, "Server", s.Server, live, d, s.Deviations()})
		}
		f := serverFields(call, s.Server, d)
		live.addTo(f)
		for _, m := range s.Deviations() {
			f.Add("deviation", fmt.Sprintf("%s (%s): %s; count %d, last %s", m.ID, m.Clause, m.Found, m.Count, ui.Time(m.Last)))
		}
		return f.Write(call.Streams.Out, call.Streams.OutColumns())
	})
}

func serverFields(call *cli.Call, sv *session.Server, d *acmewire.Directory) *ui.Fields {
	f := &ui.Fields{Paint: call.Streams.OutPaint()}
	f.Add("server", sv.URL)
	f.Add("trusted by", cmp.Or(sv.RootSHA256, "the system's roots"))
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

func newShowTrace(env *cli.Env) *cobra.Command {
	return env.Named(&cobra.Command{
		Use: "trace", Short: "The HTTP exchanges that an enrolment has kept",
		Long: "Show what was sent to the CA and what it answered for an enrolment, decoded and\nredacted. With -o json each exchange is a JSON object on a line of its own.",
		RunE: env.Run(func(_ context.Context, call *cli.Call, _ []string) error { return runShowTrace(call) }),
	})
}

func runShowTrace(call *cli.Call) error {
	call, err := session.Existing(call)
	if err != nil {
		return err
	}
	s, err := session.Local(call)
	if err != nil {
		return err
	}
	data, err := s.Store.ReadFile(enroll.TraceFile(call.Global.Name))
	if err != nil {
		return session.NoSuch(call, call.Global.Name, err)
	}
	if call.Global.Output == cli.OutputJSON || call.Global.Output == cli.OutputJSONL {
		return cli.WriteAll(call.Streams.Out, data)
	}
	var out strings.Builder
	for line := range bytes.Lines(data) {
		var ex acmewire.Exchange
		if json.Unmarshal(line, &ex) != nil {
			continue // a line that a dying run did not finish
		}
		out.WriteString(ui.Time(ex.Time) + " " + cli.ExchangeLine(&ex) + "\n")
		cli.WriteExchange(&out, &ex)
	}
	return cli.WriteAll(call.Streams.Out, []byte(out.String()))
}

func newShowConfig(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use: "config", Short: "Each setting's value and where it came from", Args: cli.NoArgs,
		Long: "Show each flag that every command takes, and what else variables and the\nconfiguration file set: the value that counts, and where it came from.",
		RunE: env.Run(func(_ context.Context, call *cli.Call, _ []string) error { return runShowConfig(call) }),
	}
}

func runShowConfig(call *cli.Call) error {
	dir, err := session.StateDir(call)
	if err != nil {
		return err
	}
	table := ui.NewTable("SETTING", "VALUE", "FROM")
	values := call.AllSettings()
	for i, v := range values {
		if v.Flag == "state" && v.Source == "default" {
			values[i].Value = dir
		}
		table.Row(v.Flag, values[i].Value, v.Source)
	}
	return call.PrintList("Config", "settings", values, table)
}
