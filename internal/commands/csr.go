package commands

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/nf"
	"github.com/nfcert/nfcert/internal/store"
	"github.com/nfcert/nfcert/internal/ui"
)

// nfFlags describe the network function and the certificate it wants. Each is
// the twin of a field of the NF file, and beats it.
type nfFlags struct {
	file       string
	kind       string
	instanceID string
	plmn       string
	nid        string
	country    string
	fqdns      []string
	uris       []string
	profile    string
	key        string
	omit       []string
	extras     extraFlags
	keyIn      keyFlags
	csrIn      string

	shape  *pflag.FlagSet // of the flags, those that say what is in a CSR of our own
	sample *nf.Function   // for practice, when nothing else says; nil: none
}

func (o *nfFlags) addFlags(all *pflag.FlagSet) {
	o.keyIn.addFlags(all)
	all.StringVar(&o.csrIn, "csr-in", "", "CSR `FILE` (PEM or DER, - for stdin) that others made, to be used as it is; its key may be elsewhere")
	all.StringVar(&o.profile, "profile", "", "certificate profile (default nf-tls)")
	o.shape = pflag.NewFlagSet("", pflag.ContinueOnError)
	o.addShape(o.shape)
	all.AddFlagSet(o.shape)
}

func (o *nfFlags) addShape(fs *pflag.FlagSet) {
	fs.StringVar(&o.file, "nf", "", "NF `FILE` (YAML) that describes the network function")
	fs.StringVar(&o.kind, "nf-type", "", "NF type, as in AMF (TS 29.510 6.1.6.3.3)")
	fs.StringVar(&o.instanceID, "nf-instance-id", "", "NF instance id, a version 4 `UUID` (TS 29.571 5.3.2), or new")
	fs.StringVar(&o.plmn, "plmn", "", "`MCC-MNC` of the home network domain, as in 001-01 (TS 23.003 28.2)")
	fs.StringVar(&o.nid, "nid", "", "network id of an SNPN, 11 hex digits, beside --plmn")
	fs.StringVar(&o.country, "country", "", "two letters for the subject's C")
	listVar(fs, &o.fqdns, "fqdn", "FQDN of the NF; may be repeated")
	listVar(fs, &o.uris, "uri", "further URI name; may be repeated")
	fs.StringVar(&o.key, "key", "", "type of a new key: P256, P384, P521, RSA3072, RSA4096, Ed25519 (default: what the profile wants, else P256)")
	fs.StringSliceVar(&o.omit, "omit", nil, "leave `PARTS` of the profile out for a CA that refuses them: dns, uri, nf-types, eku, key-usage, subject, wildcard")
	o.extras.addFlags(fs)
}

// given reports whether the flags say anything of the network function.
func (o *nfFlags) given() bool {
	return o.file != "" || o.kind != "" || o.instanceID != "" || o.plmn != "" || o.nid != "" || o.country != "" || len(o.fqdns) > 0 || len(o.uris) > 0
}

// typed lists the flags of the command line that say what is in a CSR. What
// variables and configuration say is a default, and passed over where a CSR is
// adopted.
func (o *nfFlags) typed() (names []string) {
	o.shape.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			names = append(names, "--"+f.Name)
		}
	})
	return names
}

// options turns the flags into what the engine takes. en is the saved
// enrolment; nil: there is none.
func (o *nfFlags) options(a *Call, en *enroll.Enrolment) (enroll.CSROptions, error) {
	typed := o.typed()
	if o.csrIn != "" && len(typed) > 0 {
		return enroll.CSROptions{}, usagef("leave one of them out", "--csr-in brings a CSR that its maker has signed, and %s would change it", strings.Join(typed, ", "))
	}
	if o.csrIn != "" || len(typed) == 0 && en != nil && en.CSR != nil && en.CSR.Adopted {
		return o.adoption(a)
	}
	return o.own(a, en)
}

// adoption is options for a CSR that others made, or made before.
func (o *nfFlags) adoption(a *Call) (enroll.CSROptions, error) {
	out := enroll.CSROptions{Profile: o.profile}
	if o.csrIn != "" {
		data, err := a.readFileOr(o.csrIn, maxPEM)
		if err != nil {
			return out, err
		}
		if out.Adopt, err = csrgen.Decode(o.csrIn, data); err != nil {
			return out, err
		}
	}
	return out, o.keyIn.into(a, &out)
}

// own is options for a CSR that is made here.
func (o *nfFlags) own(a *Call, en *enroll.Enrolment) (enroll.CSROptions, error) {
	var saved *nf.Function
	if en != nil {
		saved = en.NF
	}
	out := enroll.CSROptions{Profile: o.profile}
	key := o.key
	var err error
	if out.Extras, err = o.extras.extras(a); err != nil {
		return out, err
	}
	if o.given() || out.Extras != nil && saved == nil {
		f := nf.Function{}
		if saved != nil {
			f = *saved
		}
		if o.file != "" {
			file, err := a.readNF(o.file)
			if err != nil {
				return out, err
			}
			f = file.NF
			out.Profile = cmp.Or(o.profile, file.Certificate.Profile)
			key = cmp.Or(o.key, file.Certificate.Key)
		}
		if err := o.over(&f, saved); err != nil {
			return out, err
		}
		out.Function = &f
	}
	if key != "" {
		if out.KeyType, err = csrgen.ParseKeyType(key); err != nil {
			return out, usagef("", "the key: %v", err)
		}
	}
	if err := o.keyIn.into(a, &out); err != nil {
		return out, err
	}
	if len(o.omit) > 0 {
		if out.Omit, err = csrgen.ParseParts(o.omit); err != nil {
			return out, usagef("", "--omit: %v", err)
		}
	}
	return out, nil
}

// over lets each flag beat the field it is the twin of.
func (o *nfFlags) over(f *nf.Function, saved *nf.Function) error {
	f.Type = cmp.Or(o.kind, f.Type)
	f.NID = cmp.Or(o.nid, f.NID)
	f.Country = cmp.Or(o.country, f.Country)
	if o.plmn != "" {
		plmn, err := nf.ParsePLMN(o.plmn)
		if err != nil {
			return usagef("as in --plmn 001-01", "--plmn: %v", err)
		}
		f.PLMN = &plmn
	}
	if len(o.fqdns) > 0 {
		f.FQDNs = o.fqdns
	}
	if len(o.uris) > 0 {
		f.URIs = o.uris
	}
	switch o.instanceID {
	case "":
	case "new":
		// Asked again, "new" means the one that was made for this enrolment.
		if saved != nil && saved.InstanceID != "" {
			f.InstanceID = saved.InstanceID
		} else {
			f.InstanceID = nf.NewInstanceID()
		}
	default:
		id, err := nf.ParseInstanceID(o.instanceID)
		if err != nil {
			return usagef("as in 4ace9d34-2c69-4f99-92d5-a73a3fe8e23b, or new", "--nf-instance-id: %v", err)
		}
		f.InstanceID = id
	}
	return nil
}

// readNF reads an NF file and passes its warnings on.
func (a *Call) readNF(path string) (*nf.File, error) {
	data, err := a.readFileOr(path, nf.MaxFileSize)
	if err != nil {
		return nil, err
	}
	file, _, err := nf.ParseFile(path, data) // the csr step warns, of file and flags together
	return file, err
}

func profileNames() string { return strings.Join(nf.ProfileNames(), ", ") }

// csrOptions are the flags of csr.
type csrOptions struct {
	nf     nfFlags
	csrOut string
	keyOut string
	force  bool
	dryRun bool
}

func newCSR(env *Env) *cobra.Command {
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
		Args: noArgs,
		RunE: env.run(func(ctx context.Context, a *Call, _ []string) error { return a.runCSR(ctx, o) }),
	}
	o.nf.addFlags(cmd.Flags())
	cmd.Flags().StringVar(&o.csrOut, "csr-out", "", "write the CSR to `FILE`, - for stdout")
	cmd.Flags().StringVar(&o.keyOut, "key-out", "", "write the key to `FILE`, mode 0600")
	cmd.Flags().BoolVar(&o.force, "force", false, "replace files that exist")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "show what would be asked for; make and save nothing")
	cmd.AddCommand(newProfiles(env))
	return cmd
}

func (a *Call) runCSR(ctx context.Context, o *csrOptions) error {
	if o.dryRun && (o.csrOut != "" || o.keyOut != "") {
		return usagef("leave one of them out", "--dry-run writes nothing, and --csr-out and --key-out name files to write")
	}
	s, err := a.local()
	if err != nil {
		return err
	}
	wizard := a.wizardFor(s, o)
	if wizard != nil {
		if err := wizard.run(); err != nil {
			return err
		}
		a = wizard.call
	}
	if !o.dryRun || a.Global.name != "" {
		if err := a.needName(); err != nil {
			return err
		}
	}
	options, err := a.csrWishes(s, &o.nf)
	if err != nil {
		return err
	}
	if o.dryRun {
		return a.previewCSR(s, options)
	}
	options.NeedKey = o.keyOut != ""
	en, unchanged, err := s.engine.CSR(ctx, a.Global.name, options)
	if err != nil {
		return err
	}
	if !unchanged {
		if err := a.lintCSR(en); err != nil {
			return err
		}
	}
	toStdout, err := a.writeCSR(s, en, o)
	if err != nil {
		return err
	}
	if wizard != nil {
		if err := wizard.keep(en); err != nil {
			return err
		}
	}
	if toStdout { // stdout carries the CSR, so the document does not go there
		a.Progress.next(a.nextFor(en))
		return nil
	}
	return a.printEnrolment(en, unchanged)
}

// csrWishes reads the flags, beside what the enrolment has saved.
func (a *Call) csrWishes(s *session, flags *nfFlags) (enroll.CSROptions, error) {
	s.engine.OpenKey = flags.keyIn.openToken(a)
	var en *enroll.Enrolment
	if a.Global.name != "" { // a preview may have none
		var err error
		if en, err = enroll.Load(s.store, a.Global.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return enroll.CSROptions{}, err
		}
	}
	options, err := flags.options(a, en)
	if err != nil || options.Function != nil || options.Adopt != nil || en != nil && (en.NF != nil || en.CSR != nil) {
		return options, err
	}
	if options.Function = flags.sample; options.Function == nil {
		return options, usagef("describe it by --nf FILE, or by --nf-type, --nf-instance-id, --plmn, --country and --fqdn", "it is not said which network function %s is", cmp.Or(a.Global.name, "this"))
	}
	return options, nil
}

// writeCSR writes the files that were asked for.
func (a *Call) writeCSR(s *session, en *enroll.Enrolment, o *csrOptions) (toStdout bool, err error) {
	var files []store.File
	for _, out := range []struct {
		path, from string
		mode       uint32
	}{{o.csrOut, en.CSR.File, 0o644}, {o.keyOut, en.CSR.KeyFile, 0o600}} {
		if out.path == "" {
			continue
		}
		data, err := readFile(out.from, maxPEM)
		if err != nil {
			return false, err
		}
		if out.path == "-" {
			toStdout = true
			if err := writeAll(a.Streams.Out, data); err != nil {
				return true, err
			}
			continue
		}
		path, err := absolute(out.path)
		if err != nil {
			return false, err
		}
		files = append(files, store.File{Path: path, Data: data, Mode: fileMode(out.mode)})
	}
	if err := store.Install(files, store.InstallOptions{Overwrite: o.force}); err != nil {
		return false, &enroll.OutputError{Err: err}
	}
	return toStdout, nil
}

func newProfiles(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "profiles [NAME]", Short: "The 5GC certificate types and their rules",
		Args: wantArgs(0, 1, "at most the name of one profile"),
		RunE: env.run(func(_ context.Context, a *Call, args []string) error { return a.runProfiles(args) }),
	}
}

func (a *Call) runProfiles(args []string) error {
	if len(args) == 0 {
		table := ui.NewTable("NAME", "TITLE", "CLAUSE")
		for _, p := range nf.Profiles() {
			table.Row(p.Name, p.Title, p.Clause)
		}
		return a.printList("Profiles", "profiles", nf.Profiles(), table)
	}
	p, ok := nf.LookupProfile(args[0])
	if !ok {
		return &enroll.ProfileError{Name: args[0]}
	}
	table := ui.NewTable("FIELD", "PRESENCE", "CRITICAL", "LEVEL", "CLAUSE", "KNOWN", "RULE")
	for _, f := range p.Fields {
		table.Row(string(f.Name), string(f.Presence), string(f.Critical), string(f.Level), f.Clause, string(f.Confidence), f.Rule)
	}
	if a.Global.output == outputTable {
		a.Progress.note("%s: %s (%s)", p.Name, p.Title, p.Clause)
	}
	return a.printList("Profile", "profile", p, table)
}
