package commands

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/layout"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/ui"
)

// layoutFlags say how a core wants the files of --out.
type layoutFlags struct {
	name           string
	passphraseFile string
	legacy         bool
	again          bool // of files that are written once more, each in the layout that it has
}

func (o *layoutFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.name, "layout", string(layout.PEM), "how --out names and encodes them: "+layoutNames())
	fs.StringVar(&o.passphraseFile, "p12-passphrase-file", "", "`FILE` with the passphrase of --layout pkcs12, - for stdin; or $NFCERT_P12_PASSPHRASE")
	fs.BoolVar(&o.legacy, "p12-legacy", false, "encrypt --layout pkcs12 for readers of before 2020, which protects little")
}

func layoutNames() string {
	var names []string
	for _, name := range layout.Names() {
		names = append(names, string(name))
	}
	return strings.Join(names, ", ")
}

// options turns the flags into what the engine takes. Without a directory
// nothing is laid out, and a layout from a variable or the configuration waits
// for one.
func (o *layoutFlags) options(a *Call, dir string) (out enroll.LayoutOptions, err error) {
	name, err := layout.Parse(o.name)
	if err != nil {
		return out, usagef("", "--layout: %v", err)
	}
	typed := func(flag string) bool { return slices.Contains(a.Settings.typed, flag) }
	if name != layout.PKCS12 && !o.again && (typed("--p12-passphrase-file") || typed("--p12-legacy")) {
		return out, usagef("say --layout pkcs12 too", "the flags of PKCS#12 mean nothing to --layout %s", name)
	}
	if dir == "" {
		if typed("--layout") {
			return out, usagef("say where with --out DIR", "--layout %s has nowhere to put its files", name)
		}
		return out, nil
	}
	out.Name, out.LegacyPKCS12 = name, o.legacy
	if name == layout.PKCS12 && o.passphraseFile != "" && o.passphraseFile != "-" {
		if out.PassphraseFile, err = absolute(o.passphraseFile); err != nil {
			return out, err
		}
	}
	out.Dir, err = absolute(dir)
	return out, err
}

// unlock finds the passphrase where the layout needs one. It may ask a person,
// so all that can be wrong without is looked at before.
func (o *layoutFlags) unlock(a *Call, out *enroll.LayoutOptions) (err error) {
	if out.Name == layout.PKCS12 {
		out.Passphrase, err = o.passphrase(a)
	}
	return err
}

// passphrase is what a PKCS#12 file will be under: from a file, the variable, or
// a person, who types it twice.
func (o *layoutFlags) passphrase(a *Call) (secret.Bytes, error) {
	if o.passphraseFile != "" {
		return a.readPassphrase(o.passphraseFile)
	}
	if word := a.Getenv("NFCERT_P12_PASSPHRASE"); word != "" {
		return secret.New([]byte(word)), nil
	}
	ask := a.prompter()
	word, err := ask.Secret("Passphrase for the PKCS#12 file:")
	if err == nil {
		var again string
		if again, err = ask.Secret("The same again:"); err == nil && again != word {
			return secret.Bytes{}, usagef("", "the two passphrases differ; nothing was done")
		}
	}
	if errors.Is(err, ui.ErrNoTerminal) || errors.Is(err, io.EOF) {
		return secret.Bytes{}, usagef("give it with --p12-passphrase-file FILE, or $NFCERT_P12_PASSPHRASE", "--layout pkcs12 needs a passphrase and there is nobody to ask")
	}
	return secret.New([]byte(word)), err
}

// tellConfiguration says on stderr what to paste into the core's configuration,
// when this run laid files out.
func (a *Call) tellConfiguration(en *enroll.Enrolment, o enroll.FinalizeOptions) {
	if o.Layout.Name == "" || en.Certificate == nil || len(en.Certificate.Configuration) == 0 {
		return
	}
	a.Progress.note("for the configuration, by layout %s:", en.Certificate.Layout)
	for _, line := range en.Certificate.Configuration {
		a.Progress.note("%s", line)
	}
}

// explainLayout is for what a layout cannot be made of.
func explainLayout(err error, r *report) bool {
	if e, ok := as[*layout.NoKeyError](err); ok {
		r.Code, r.Fault = "no-key", faultUsage
		r.Hint = fmt.Sprintf("layouts that write certificate and key apart leave the key out: %s, %s, %s, %s", layout.PEM, layout.Open5GS, layout.Free5GC, layout.SDCore)
		if e.Layout == "" {
			r.Hint = "leave --key-out away"
		}
		return true
	}
	if _, ok := as[*layout.PassphraseError](err); ok {
		r.Code, r.Hint = "passphrase", "nothing was sent or written; give another with --p12-passphrase-file FILE"
		return true
	}
	return false
}
