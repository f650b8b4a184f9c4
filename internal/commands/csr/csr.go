// Package csr is nfcert csr: flags or a wizard describe an NF, and a key and CSR are
// made for it.
package csr

import (
	"context"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/commands/view"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/nf"
	"github.com/nfcert/nfcert/internal/store"
	"github.com/nfcert/nfcert/internal/ui"
)

// csrOptions are the flags of csr.
type csrOptions struct {
	nf     cmdflags.NF
	csrOut string
	keyOut string
	force  bool
	dryRun bool
}

func New(env *cli.Env) *cobra.Command {
	o := &csrOptions{}
	cmd := &cobra.Command{
		Use:   "csr",
		Short: "Make the key and the CSR of one NF",
		Long: `Make a key and a certificate signing request for one network function, by a
certificate profile of TS 33.310. The NF is described by a file, by flags, or by
both; a flag beats the file. Nothing is sent anywhere. Run again with the same
input it changes nothing; with other input it makes the CSR anew, with the same
key where it can, as long as no CA has been sent it.

--key-in uses a key that exists. --csr-in adopts a CSR that others made, a
vendor's say, as it is: it is ordered and finalized like one made here, and when
its key is not given with --key-in, no key is kept and none is installed.

On a terminal, with nothing said of the NF, it asks, and tells the command that
says the same.`,
		Example: `  nfcert csr -n amf-01 --nf amf-01.yaml --csr-out amf-01.csr
  nfcert csr -n amf-01 --nf-type AMF --nf-instance-id new --plmn 001-01 --country SE \
      --fqdn amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org
  nfcert csr -n amf-01 --omit uri        for a CA that refuses URI names
  nfcert csr -n smf-01 --csr-in vendor-smf.csr
  nfcert csr --nf amf-01.yaml --dry-run`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error { return runCSR(ctx, call, o) }),
	}
	o.nf.AddFlags(cmd.Flags())
	cmd.Flags().StringVar(&o.csrOut, "csr-out", "", "write the CSR to `FILE`, - for stdout")
	cmd.Flags().StringVar(&o.keyOut, "key-out", "", "write the key to `FILE`, mode 0600")
	cmd.Flags().BoolVar(&o.force, "force", false, "replace files that exist")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "show what would be asked for; make and save nothing")
	cmd.AddCommand(newProfiles(env))
	return env.Named(cmd)
}

func runCSR(ctx context.Context, call *cli.Call, o *csrOptions) error {
	if o.dryRun && (o.csrOut != "" || o.keyOut != "") {
		return cli.Usagef("leave one of them out", "--dry-run writes nothing, and --csr-out and --key-out name files to write")
	}
	s, err := session.Local(call)
	if err != nil {
		return err
	}
	wizard := wizardFor(call, s, o)
	if wizard != nil {
		if err := wizard.run(); err != nil {
			return err
		}
		call = wizard.call
	}
	if !o.dryRun || call.Global.Name != "" {
		if _, err := session.Named(call); err != nil {
			return err
		}
	}
	options, err := o.nf.Options(call, s)
	if err != nil {
		return err
	}
	if o.dryRun {
		return previewCSR(call, s, options)
	}
	options.NeedKey = o.keyOut != ""
	en, unchanged, err := s.Engine.CSR(ctx, call.Global.Name, options)
	if err != nil {
		return err
	}
	if !unchanged {
		if err := cmdflags.LintCSR(call, en); err != nil {
			return err
		}
	}
	toStdout, err := writeCSR(call, s, en, o)
	if err != nil {
		return err
	}
	if wizard != nil {
		if err := wizard.keep(en); err != nil {
			return err
		}
	}
	if toStdout { // stdout carries the CSR, so the document does not go there
		call.Progress.Next(view.NextFor(call, en))
		return nil
	}
	return view.PrintEnrolment(call, en, unchanged)
}

// writeCSR writes the files that were asked for.
func writeCSR(call *cli.Call, s *session.Session, en *enroll.Enrolment, o *csrOptions) (toStdout bool, err error) {
	var files []store.File
	for _, out := range []struct {
		path, from string
		mode       uint32
	}{{o.csrOut, en.CSR.File, 0o644}, {o.keyOut, en.CSR.KeyFile, 0o600}} {
		if out.path == "" {
			continue
		}
		data, err := cli.ReadFile(out.from, cli.MaxPEM)
		if err != nil {
			return false, err
		}
		if out.path == "-" {
			toStdout = true
			if err := cli.WriteAll(call.Streams.Out, data); err != nil {
				return true, err
			}
			continue
		}
		path, err := cli.Absolute(out.path)
		if err != nil {
			return false, err
		}
		files = append(files, store.File{Path: path, Data: data, Mode: fs.FileMode(out.mode)})
	}
	if err := store.Install(files, store.InstallOptions{Overwrite: o.force}); err != nil {
		return false, &enroll.OutputError{Err: err}
	}
	return toStdout, nil
}

func newProfiles(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use: "profiles [NAME]", Short: "The 5GC certificate types and their rules",
		Args: cli.WantArgs(0, 1, "at most the name of one profile"),
		RunE: env.Run(func(_ context.Context, call *cli.Call, args []string) error { return runProfiles(call, args) }),
	}
}

func runProfiles(call *cli.Call, args []string) error {
	if len(args) == 0 {
		table := ui.NewTable("NAME", "TITLE", "CLAUSE")
		for _, p := range nf.Profiles() {
			table.Row(p.Name, p.Title, p.Clause)
		}
		return call.PrintList("Profiles", "profiles", nf.Profiles(), table)
	}
	p, ok := nf.LookupProfile(args[0])
	if !ok {
		return &enroll.ProfileError{Name: args[0]}
	}
	table := ui.NewTable("FIELD", "PRESENCE", "CRITICAL", "LEVEL", "CLAUSE", "KNOWN", "RULE")
	for _, f := range p.Fields {
		table.Row(string(f.Name), string(f.Presence), string(f.Critical), string(f.Level), f.Clause, string(f.Confidence), f.Rule)
	}
	if call.Global.Output == cli.OutputTable {
		call.Progress.Note("%s: %s (%s)", p.Name, p.Title, p.Clause)
	}
	return call.PrintList("Profile", "profile", p, table)
}
