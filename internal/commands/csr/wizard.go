package csr

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
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

// A wizard asks a person for what the flags of csr say, and fills them in. Each
// question names its flag. Question and answer fit on one line of 80 columns: survey
// erases the line above an answer that wraps.
type wizard struct {
	call  *cli.Call
	ask   ui.Prompter
	store *store.Store
	flags *cmdflags.NF
	known []string // names of the enrolments that exist
}

// wizardFor returns the wizard when nothing describes the NF and there is a terminal
// to ask on; otherwise nil.
func wizardFor(call *cli.Call, s *session.Session, o *csrOptions) *wizard {
	if o.nf.Given() || o.nf.CSRIn != "" || len(o.nf.Typed()) > 0 || o.csrOut == "-" {
		return nil
	}
	if call.Global.Name != "" {
		en, err := s.Begun()
		if err != nil || en != nil && (en.NF != nil || en.CSR != nil) {
			return nil // it describes the NF, or cannot be read
		}
	}
	ask := call.Prompter()
	if _, ok := ask.(ui.NoPrompter); ok {
		return nil
	}
	return &wizard{call: call, ask: ask, store: s.Store, flags: &o.nf}
}

// run asks all questions; the last one confirms the answers.
func (w *wizard) run() (err error) {
	if w.known, err = enroll.Names(w.store); err != nil {
		return err
	}
	w.call.Progress.Note("Describe the network function. Ctrl-C stops; nothing is saved before the end.")
	for _, question := range []func() error{w.nfType, w.profile, w.network, w.instance, w.country, w.subject, w.names, w.keyType, w.enrolmentName, w.confirm} {
		if err := question(); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, ui.ErrNoTerminal) {
				return cli.Usagef("describe the NF with --nf FILE, or with --nf-type, --nf-instance-id, --plmn, --country and --fqdn", "the input ended before the last question")
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
	const own = "another type, defined by the operator"
	var options []string
	for _, t := range nf.Types() {
		options = append(options, t.Name)
	}
	first := slices.Index(options, "AMF")
	options = append([]string{"AMF"}, slices.Delete(options, first, first+1)...)
	i, err := w.ask.Select("NF type (--nf-type)", append(options, own))
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

// profile offers the profiles of the NF type first, then those of all types.
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
	w.flags.PLMN, err = w.until("PLMN as MCC-MNC, such as 001-01 (--plmn)", "", func(s string) error {
		_, err := nf.ParsePLMN(s)
		return err
	})
	if err != nil {
		return err
	}
	w.flags.NID, err = w.until("NID of an SNPN, 11 hex digits; empty for a PLMN (--nid)", "", func(s string) error {
		if s == "" {
			return nil
		}
		return nf.CheckNID(s)
	})
	return err
}

func (w *wizard) instance() (err error) {
	w.flags.InstanceID, err = w.until("NF instance id (--nf-instance-id)", "new", func(s string) error {
		if s == "new" {
			return nil
		}
		_, err := nf.ParseInstanceID(s)
		return err
	})
	if w.flags.InstanceID == "new" { // the command that confirm shows names the same one
		w.flags.InstanceID = string(nf.NewInstanceID())
	}
	return err
}

func (w *wizard) country() (err error) {
	p := w.chosen()
	if !p.Requests(nf.FieldCountry) {
		return nil
	}
	w.flags.Country, err = w.until("Country, two letters such as SE (--country)", "", func(s string) error {
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

// subject asks for the subject when the profile does not set it.
func (w *wizard) subject() (err error) {
	p := w.chosen()
	if p.Requests(nf.FieldOrganization) {
		return nil
	}
	w.call.Progress.Note("The subject is a distinguished name, such as C=SE, O=Example, CN=af.example.com.")
	w.flags.Extras.Subject, err = w.until("Subject (--subject)", "", func(s string) error {
		_, err := csrgen.ParseSubject(s)
		return err
	})
	return err
}

// names proposes the FQDNs of TS 23.003, and asks until there are no more.
func (w *wizard) names() error {
	const other, none = "another name", "no name"
	plmn, err := nf.ParsePLMN(w.flags.PLMN)
	if err != nil {
		return err
	}
	var options []string
	for _, n := range (nf.Function{Type: w.flags.Type, PLMN: &plmn, NID: w.flags.NID}).ProposeNames(w.number()) {
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
	w.call.Progress.Note("Enter FQDNs, one by one; an empty answer after the last.")
	for {
		name, err := w.until("FQDN (--fqdn)", "", func(s string) error {
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
	i, err := w.ask.Select("Type of the new key (--key)", kinds)
	if err == nil {
		w.flags.Key = kinds[i]
	}
	return err
}

// label is how names of NFs of this type begin: mb-upf for MB_UPF.
func (w *wizard) label() string {
	return strings.ReplaceAll(strings.ToLower(w.flags.Type), "_", "-")
}

// numbered returns the number of a name that is the label with one: 2 for amf2,
// amf-2 and amf-02; 0: it is another name.
func (w *wizard) numbered(name string) int {
	digits, ok := strings.CutPrefix(strings.ToLower(name), w.label())
	if !ok {
		return 0
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(digits, "-"), 10, 16)
	if err != nil {
		return 0
	}
	return int(n)
}

// number is the one in the name of the enrolment, else the first that is free.
func (w *wizard) number() int {
	if n := w.numbered(w.call.Global.Name); n > 0 {
		return n
	}
	return w.free(1)
}

// free returns the first number, from n on, whose name no enrolment has.
func (w *wizard) free(n int) int {
	for slices.Contains(w.known, w.nameFor(n)) {
		n++
	}
	return n
}

func (w *wizard) nameFor(n int) string { return fmt.Sprintf("%s-%02d", w.label(), n) }

// enrolmentName proposes the name that fits the first FQDN: amf-02 for an AMF amf2.
func (w *wizard) enrolmentName() error {
	if w.call.Global.Name != "" {
		return nil
	}
	n := 0
	if len(w.flags.FQDNs) > 0 {
		first, _, _ := strings.Cut(w.flags.FQDNs[0], ".")
		n = w.numbered(first)
	}
	name, err := w.until("Name of the enrolment (-n)", w.nameFor(w.free(max(n, 1))), func(s string) error {
		if slices.Contains(w.known, s) {
			return fmt.Errorf("enrolment %s exists already", s)
		}
		return enroll.CheckName("enrolment", s)
	})
	w.call = w.call.ForEnrolment(name)
	return err
}

// confirm shows the command with the same flags, and asks whether to go ahead.
func (w *wizard) confirm() error {
	w.call.Progress.Note("The same with flags:")
	w.call.Progress.Note("  %s", w.command())
	yes, err := w.ask.Confirm("Create the key and the CSR?", true)
	if err == nil && !yes {
		return cli.Usagef("", "not confirmed; nothing was created")
	}
	return err
}

// command is the command line that needs no questions.
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
	yes, err := w.ask.Confirm("Save the answers as an NF file?", true)
	if errors.Is(err, io.EOF) || err == nil && !yes {
		return nil // the key and the CSR exist
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
