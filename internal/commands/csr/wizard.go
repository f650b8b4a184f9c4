package csr

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/nf"
	"github.com/nfcert/nfcert/internal/store"
	"github.com/nfcert/nfcert/internal/ui"
)

// A wizard asks what csr otherwise learns from flags, and fills them in. Each
// question names the flag that answers it.
type wizard struct {
	call  *cli.Call
	ask   ui.Prompter
	store *store.Store
	flags *cmdflags.NF
}

// wizardFor returns the wizard where csr was told nothing and somebody can be
// asked; nil otherwise.
func wizardFor(call *cli.Call, s *session.Session, o *csrOptions) *wizard {
	if o.nf.Given() || o.nf.CSRIn != "" || len(o.nf.Typed()) > 0 || o.csrOut == "-" {
		return nil
	}
	if call.Global.Name != "" {
		en, err := enroll.Load(s.Store, call.Global.Name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) || err == nil && (en.NF != nil || en.CSR != nil) {
			return nil // what it is, is known, or cannot be read
		}
	}
	ask := call.Prompter()
	if _, nobody := ask.(ui.NoPrompter); nobody {
		return nil
	}
	return &wizard{call: call, ask: ask, store: s.Store, flags: &o.nf}
}

// run asks all questions and has the answers confirmed.
func (w *wizard) run() error {
	w.call.Progress.Note("Which network function is it? Each question names its flag; Ctrl-C leaves nothing behind.")
	for _, question := range []func() error{w.nfType, w.profile, w.network, w.instance, w.country, w.subject, w.names, w.keyType, w.enrolmentName, w.confirm} {
		if err := question(); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, ui.ErrNoTerminal) {
				return cli.Usagef("describe it by --nf FILE, or by --nf-type, --nf-instance-id, --plmn, --country and --fqdn", "the answers ended before the questions did")
			}
			return err
		}
	}
	return nil
}

// until asks again until the answer passes the check.
func (w *wizard) until(question, def string, check func(string) error) (string, error) {
	for {
		answer, err := w.ask.Input(question, def)
		if err != nil {
			return "", err
		}
		answer = strings.TrimSpace(answer)
		if err := check(answer); err != nil {
			w.call.Progress.Note("%v", err)
			continue
		}
		return answer, nil
	}
}

func (w *wizard) nfType() (err error) {
	const own = "another, of the operator's own"
	var options []string
	for _, t := range nf.Types() {
		options = append(options, t.Name)
	}
	first := slices.Index(options, "AMF")
	options = append([]string{"AMF"}, slices.Delete(options, first, first+1)...)
	i, err := w.ask.Select("NF type (--nf-type); type to search", append(options, own))
	if err != nil {
		return err
	}
	if i < len(options) {
		w.flags.Type = options[i]
		return nil
	}
	w.flags.Type, err = w.until("NF type (--nf-type)", "", nf.CheckType)
	return err
}

// profile offers those first that are made for the type, then those for all.
func (w *wizard) profile() error {
	var own, general []nf.Profile
	for _, p := range nf.Profiles() {
		switch p.NFType {
		case w.flags.Type:
			own = append(own, p)
		case "":
			general = append(general, p)
		}
	}
	profiles := append(own, general...)
	options := make([]string, len(profiles))
	for i, p := range profiles {
		options[i] = fmt.Sprintf("%-18s %s", p.Name, p.Title)
	}
	i, err := w.ask.Select("Certificate profile (--profile)", options)
	if err == nil {
		w.flags.Profile = profiles[i].Name
	}
	return err
}

func (w *wizard) chosen() nf.Profile {
	p, _ := nf.LookupProfile(w.flags.Profile)
	return p
}

func (w *wizard) network() (err error) {
	w.flags.PLMN, err = w.until("PLMN as MCC-MNC, as in 001-01 (--plmn)", "", func(s string) error {
		_, err := nf.ParsePLMN(s)
		return err
	})
	if err != nil {
		return err
	}
	w.flags.NID, err = w.until("NID, 11 hex digits, where it is an SNPN; empty: a PLMN (--nid)", "", func(s string) error {
		if s == "" {
			return nil
		}
		return nf.CheckNID(s)
	})
	return err
}

func (w *wizard) instance() (err error) {
	w.flags.InstanceID, err = w.until("NF instance id (--nf-instance-id)", string(nf.NewInstanceID()), func(s string) error {
		_, err := nf.ParseInstanceID(s)
		return err
	})
	return err
}

func (w *wizard) country() (err error) {
	p := w.chosen()
	if !p.Requests(nf.FieldCountry) {
		return nil
	}
	w.flags.Country, err = w.until("Country, two letters as in SE (--country)", "", func(s string) error {
		f := nf.Function{Country: s}
		f.Normalize()
		if _, err := f.Validate(); err != nil {
			return err
		}
		return f.Require(nf.FieldCountry)
	})
	w.flags.Country = strings.ToUpper(w.flags.Country)
	return err
}

// subject is asked for where the profile has none of its own.
func (w *wizard) subject() (err error) {
	p := w.chosen()
	if p.Requests(nf.FieldOrganization) {
		return nil
	}
	w.flags.Extras.Subject, err = w.until("Subject, as in C=SE, O=Example AB, CN=af.example.com (--subject)", "", func(s string) error {
		_, err := csrgen.ParseSubject(s)
		return err
	})
	return err
}

// names proposes those of TS 23.003 and takes any number.
func (w *wizard) names() error {
	const other, none = "another name", "no name"
	plmn, err := nf.ParsePLMN(w.flags.PLMN)
	if err != nil {
		return err
	}
	var options []string
	for _, n := range (nf.Function{Type: w.flags.Type, PLMN: &plmn, NID: w.flags.NID}).ProposeNames() {
		options = append(options, n.String())
	}
	options = append(options, other)
	p := w.chosen()
	if f, ok := p.Field(nf.FieldDNS); !ok || f.Presence != nf.Mandatory {
		options = append(options, none)
	}
	i, err := w.ask.Select("FQDN (--fqdn)", options)
	switch {
	case err != nil:
		return err
	case options[i] == none:
		return nil
	case options[i] != other:
		w.flags.FQDNs = append(w.flags.FQDNs, options[i])
	}
	for {
		question := "Another FQDN; empty: no more (--fqdn)"
		if len(w.flags.FQDNs) == 0 {
			question = "FQDN (--fqdn)"
		}
		name, err := w.until(question, "", func(s string) error {
			if s == "" && len(w.flags.FQDNs) > 0 {
				return nil
			}
			return nf.CheckDNSName(s)
		})
		if err != nil || name == "" {
			return err
		}
		w.flags.FQDNs = append(w.flags.FQDNs, name)
	}
}

func (w *wizard) keyType() error {
	kinds := w.chosen().Keys
	if len(kinds) == 0 {
		for _, k := range csrgen.KeyTypes() {
			kinds = append(kinds, string(k))
		}
	}
	i, err := w.ask.Select("Type of the new key (--key); --key-in brings one", kinds)
	if err == nil {
		w.flags.Key = kinds[i]
	}
	return err
}

// enrolmentName proposes the first name after the type that is free.
func (w *wizard) enrolmentName() error {
	if w.call.Global.Name != "" {
		return nil
	}
	known, err := enroll.Names(w.store)
	if err != nil {
		return err
	}
	def := ""
	for n := 1; def == "" || slices.Contains(known, def); n++ {
		def = fmt.Sprintf("%s-%02d", strings.ReplaceAll(strings.ToLower(w.flags.Type), "_", "-"), n)
	}
	name, err := w.until("Name of the enrolment (-n)", def, func(s string) error {
		if slices.Contains(known, s) {
			return fmt.Errorf("there is an enrolment %s already", s)
		}
		return enroll.CheckName("enrolment", s)
	})
	w.call = w.call.ForEnrolment(name)
	return err
}

// confirm shows the command that says the same.
func (w *wizard) confirm() error {
	w.call.Progress.Note("The same by flags:")
	w.call.Progress.Note("  %s", w.command())
	yes, err := w.ask.Confirm("Make key and CSR?", true)
	if err == nil && !yes {
		return cli.Usagef("", "not confirmed; nothing was made")
	}
	return err
}

// command is the command line that asks nothing.
func (w *wizard) command() string {
	var words []string
	add := func(flag, value string) {
		if value != "" {
			words = append(words, flag, value)
		}
	}
	add("-n", w.call.Global.Name)
	add("--nf-type", w.flags.Type)
	add("--nf-instance-id", w.flags.InstanceID)
	add("--plmn", w.flags.PLMN)
	add("--nid", w.flags.NID)
	add("--country", w.flags.Country)
	add("--subject", w.flags.Extras.Subject)
	for _, name := range w.flags.FQDNs {
		add("--fqdn", name)
	}
	add("--profile", w.flags.Profile)
	add("--key", w.flags.Key)
	return w.call.Line("csr", words...)
}

// keep offers to save the answers as an NF file.
func (w *wizard) keep(en *enroll.Enrolment) error {
	yes, err := w.ask.Confirm("Save the NF file, for nfcert csr --nf?", true)
	if errors.Is(err, io.EOF) || err == nil && !yes {
		return nil // key and CSR are made
	}
	if err != nil {
		return err
	}
	path, err := w.ask.Input("NF file", en.Name+".yaml")
	if err != nil {
		return err
	}
	if path, err = cli.Absolute(path); err != nil {
		return err
	}
	file := nf.File{NF: *en.NF, Certificate: nf.Certificate{Profile: en.CSR.Profile, Key: w.flags.Key}}
	data, err := file.Encode()
	if err != nil {
		return err
	}
	out := []store.File{{Path: path, Data: data, Mode: 0o644}}
	err = store.Install(out, store.InstallOptions{})
	if _, exists := cli.As[*store.ExistsError](err); exists {
		if yes, err = w.ask.Confirm(fmt.Sprintf("%s exists. Replace it?", path), false); err != nil || !yes {
			return err
		}
		err = store.Install(out, store.InstallOptions{Overwrite: true})
	}
	if err != nil {
		return &enroll.OutputError{Err: err}
	}
	w.call.Progress.Note("NF file: %s", path)
	return nil
}
