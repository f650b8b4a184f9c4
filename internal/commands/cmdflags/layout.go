package cmdflags

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/layout"
	"github.com/nfcert/nfcert/internal/secret"
)

// Layout has the flags for the names and formats of the files in --out.
type Layout struct {
	PassphraseFile string
	Again          bool // installed files are written again, each in its saved layout

	name   string
	legacy bool
	secret layout.Secret
}

func (o *Layout) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.name, "layout", string(layout.PEM), "`LAYOUT` of the files in --out, their names and formats: "+layoutNames())
	fs.StringVar(&o.PassphraseFile, credential.FlagPKCS12+"-file", "", "`FILE` with the passphrase for --layout pkcs12, - for stdin; or set $"+cli.EnvName(credential.FlagPKCS12))
	fs.BoolVar(&o.legacy, "p12-legacy", false, "for --layout pkcs12: use the weak encryption that software from before 2020 can read")
	fs.StringVar(&o.secret.Name, "secret-name", "", "for --layout k8s-secret: `NAME` of the Secret, such as amf-certs for SD-Core's chart (default: the enrolment's name and -tls)")
	fs.StringArrayVar(&o.secret.Annotations, "secret-annotation", nil, "for --layout k8s-secret: an annotation `KEY=VALUE` of the Secret (repeatable)")
}

func layoutNames() string {
	var names []string
	for _, name := range layout.Names() {
		names = append(names, string(name))
	}
	return strings.Join(names, ", ")
}

// options converts the flags. Without --out the result is zero, and a layout from a
// variable or the configuration file has no effect.
func (o *Layout) options(call *cli.Call, dir string) (out enroll.LayoutOptions, err error) {
	name, err := layout.Parse(o.name)
	if err != nil {
		return out, cli.Usagef("as in --layout open5gs", "--layout: %v", err)
	}
	typed := func(flag string) bool { return slices.Contains(call.Settings.Typed, flag) }
	for _, flag := range []string{"--" + credential.FlagPKCS12 + "-file", "--p12-legacy"} {
		if name != layout.PKCS12 && !o.Again && typed(flag) {
			return out, cli.Usagef("add --layout pkcs12", "%s has no effect with --layout %s", flag, name)
		}
	}
	for _, flag := range []string{"--secret-name", "--secret-annotation"} {
		if name != layout.KubernetesSecret && typed(flag) {
			return out, cli.Usagef("add --layout k8s-secret", "%s has no effect with --layout %s", flag, name)
		}
	}
	if dir == "" {
		if typed("--layout") {
			return out, cli.Usagef("add --out DIR", "--layout %s needs a directory for its files", name)
		}
		return out, nil
	}
	out.Name, out.LegacyPKCS12 = name, o.legacy
	if name == layout.KubernetesSecret {
		if err := o.secret.Check(); err != nil {
			return out, err
		}
		out.Secret = o.secret
	}
	if name == layout.PKCS12 && o.PassphraseFile != "" && o.PassphraseFile != "-" {
		if out.PassphraseFile, err = cli.Absolute(o.PassphraseFile); err != nil {
			return out, err
		}
	}
	out.Dir, err = cli.Absolute(dir)
	return out, err
}

// Unlock reads the passphrase if the layout needs one. It can prompt: check
// everything else before.
func (o *Layout) Unlock(call *cli.Call, out *enroll.LayoutOptions) (err error) {
	if out.Name == layout.PKCS12 {
		out.Passphrase, err = o.Passphrase(call)
	}
	return err
}

// Passphrase reads the passphrase for a new PKCS#12 file.
func (o *Layout) Passphrase(call *cli.Call) (secret.Bytes, error) {
	word, err := credential.Passphrase{Flag: credential.FlagPKCS12, File: o.PassphraseFile, Of: "the new PKCS#12 file", New: true}.Read(call)
	if _, missing := cli.As[*credential.PassphraseError](err); missing {
		err = cli.Usagef(credential.Give(credential.FlagPKCS12), "--layout pkcs12 needs a passphrase")
	}
	return word, err
}
