package cmdflags

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/layout"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/ui"
)

// Layout say how a core wants the files of --out.
type Layout struct {
	name           string
	PassphraseFile string
	legacy         bool
	Again          bool // of files that are written once more, each in the layout that it has
}

func (o *Layout) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.name, "layout", string(layout.PEM), "how --out names and encodes them: "+layoutNames())
	fs.StringVar(&o.PassphraseFile, "p12-passphrase-file", "", "`FILE` with the passphrase of --layout pkcs12, - for stdin; or $NFCERT_P12_PASSPHRASE")
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
func (o *Layout) options(call *cli.Call, dir string) (out enroll.LayoutOptions, err error) {
	name, err := layout.Parse(o.name)
	if err != nil {
		return out, cli.Usagef("", "--layout: %v", err)
	}
	typed := func(flag string) bool { return slices.Contains(call.Settings.Typed, flag) }
	if name != layout.PKCS12 && !o.Again && (typed("--p12-passphrase-file") || typed("--p12-legacy")) {
		return out, cli.Usagef("say --layout pkcs12 too", "the flags of PKCS#12 mean nothing to --layout %s", name)
	}
	if dir == "" {
		if typed("--layout") {
			return out, cli.Usagef("say where with --out DIR", "--layout %s has nowhere to put its files", name)
		}
		return out, nil
	}
	out.Name, out.LegacyPKCS12 = name, o.legacy
	if name == layout.PKCS12 && o.PassphraseFile != "" && o.PassphraseFile != "-" {
		if out.PassphraseFile, err = cli.Absolute(o.PassphraseFile); err != nil {
			return out, err
		}
	}
	out.Dir, err = cli.Absolute(dir)
	return out, err
}

// Unlock finds the passphrase where the layout needs one. It may ask a person,
// so all that can be wrong without is looked at before.
func (o *Layout) Unlock(call *cli.Call, out *enroll.LayoutOptions) (err error) {
	if out.Name == layout.PKCS12 {
		out.Passphrase, err = o.Passphrase(call)
	}
	return err
}

// Passphrase is what a PKCS#12 file will be under: from a file, the variable, or
// a person, who types it twice.
func (o *Layout) Passphrase(call *cli.Call) (secret.Bytes, error) {
	if o.PassphraseFile != "" {
		return credential.ReadPassphrase(call, o.PassphraseFile)
	}
	if word := call.Getenv("NFCERT_P12_PASSPHRASE"); word != "" {
		return secret.New([]byte(word)), nil
	}
	ask := call.Prompter()
	word, err := ask.Secret("Passphrase for the PKCS#12 file:")
	if err == nil {
		var again string
		if again, err = ask.Secret("The same again:"); err == nil && again != word {
			return secret.Bytes{}, cli.Usagef("", "the two passphrases differ; nothing was done")
		}
	}
	if errors.Is(err, ui.ErrNoTerminal) || errors.Is(err, io.EOF) {
		return secret.Bytes{}, cli.Usagef("give it with --p12-passphrase-file FILE, or $NFCERT_P12_PASSPHRASE", "--layout pkcs12 needs a passphrase and there is nobody to ask")
	}
	return secret.New([]byte(word)), err
}
