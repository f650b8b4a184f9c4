// Package csr is nfcert csr: it creates the key and the CSR of an NF that flags, a
// file or a wizard describe.
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

// New returns the command.
func New(env *cli.Env) *cobra.Command {
	o := &csrOptions{}
	cmd := &cobra.Command{
		Use:   "csr",
		Short: "Create the key and the CSR of one NF",
		Long: `Create a key and a certificate signing request (CSR) for one network function,
by a certificate profile of TS 33.310. Describe the NF with a file, with flags, or
with both; flags override the file. On a terminal, without a description, csr asks
for it and prints the same command with flags. Nothing is sent to a server.

With the same input, a second run changes nothing. With other input it creates the
CSR again, with the same key if possible, unless the CSR was sent to a CA.

--key-in uses an existing key. --csr-in uses an existing CSR, for example of a
vendor, as it is. Without --key-in, nfcert has no key for that CSR and installs
none.`,
		Example: `  nfcert csr -n amf-01 --nf amf-01.yaml --csr-out amf-01.csr
  nfcert csr -n amf-01 --nf-type AMF --nf-instance-id new --plmn 001-01 \
      --country SE --fqdn amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org
  nfcert csr -n amf-01 --omit uri     # for a CA that refuses URI names
  nfcert csr -n smf-01 --csr-in vendor-smf.csr
  nfcert csr --nf amf-01.yaml --dry-run`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error { return runCSR(ctx, call, o) }),
	}
	o.nf.AddFlags(cmd.Flags())
	cmd.Flags().StringVar(&o.csrOut, "csr-out", "", "write the CSR to `FILE`, - for stdout")
	cmd.Flags().StringVar(&o.keyOut, "key-out", "", "write the key to `FILE`, mode 0600")
	cmd.Flags().BoolVar(&o.force, "force", false, "overwrite existing files")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "show what the CSR would contain; create and save nothing")
	cmd.AddCommand(newProfiles(env))
	return env.Named(cmd)
}

func runCSR(ctx context.Context, call *cli.Call, o *csrOptions) error {
	if o.dryRun && (o.csrOut != "" || o.keyOut != "") {
		return cli.Usagef("omit one of them", "--dry-run writes nothing, and --csr-out and --key-out name files to write")
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
		call, s.Call = wizard.call, wizard.call
	}
	if !o.dryRun || call.Global.Name != "" {
		if err := session.Named(call); err != nil {
			return err
		}
	}
	options, err := o.nf.Options(s)
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
	if toStdout { // the CSR is the answer
		call.Progress.Next(view.NextFor(call, en))
		return nil
	}
	return view.PrintStep(call, en, unchanged, view.CSRChanged)
}

// writeCSR writes the files that flags name.
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
		Use: "profiles [NAME]", Short: "List the 5GC certificate profiles, or the rules of one",
		Args: cli.WantArgs(0, 1, "at most one profile name"),
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
