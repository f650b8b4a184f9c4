package cli

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Output formats that lint has beside those of all commands.
const (
	OutputJUnit = "junit"
	OutputSARIF = "sarif"
)

// Output formats.
const (
	OutputTable = "table"
	OutputJSON  = "json"
	OutputJSONL = "jsonl"
	OutputName  = "name"
)

// Globals are the flags that every command takes.
type Globals struct {
	Server     string
	CARoot     string
	CAPin      string
	Resolve    []string
	ClientCert string
	ClientKey  string
	// clientPassphrase is a file.
	ClientPassphrase string
	Account          string
	// accountPassphrase is a file.
	AccountPassphrase string
	Name              string
	State             string
	config            string
	Output            string
	Trace             string
	Timeout           time.Duration
	noInput           bool
	Yes               bool
	quiet             bool
	Verbose           int
	color             string
}

func (g *Globals) addFlags(fs *pflag.FlagSet) {
	fs.StringVarP(&g.Server, "server", "s", "", "ACME `SERVER`: a directory URL, or a name from the configuration file (default: the only one known)")
	fs.StringVar(&g.CARoot, "ca-root", "", "`FILE` with the roots that alone validate the server's TLS certificate, or system; remembered with the server")
	fs.StringVar(&g.CAPin, "ca-pin", "", "trust only the certificate with this `FINGERPRINT`, the server's or one of its issuers': sha256:... of the certificate, or spki-sha256:... of its key; remembered with the server")
	ListVar(fs, &g.Resolve, "resolve", "connect to ADDRESS for HOST:PORT, given as `HOST:PORT:ADDRESS` as in curl; remembered with the server; -HOST:PORT removes it")
	fs.StringVar(&g.ClientCert, "client-cert", "", "`FILE` with the client certificate for mutual TLS, PEM or PKCS#12, with or without its key; its path is remembered")
	fs.StringVar(&g.ClientKey, "client-key", "", "`FILE` with the key of --client-cert, or a pkcs11: URI (default: in the file of --client-cert)")
	fs.StringVar(&g.ClientPassphrase, "client-passphrase-file", "", "`FILE` with the passphrase or PIN of the client certificate's key, - for stdin; or set $NFCERT_CLIENT_PASSPHRASE")
	fs.StringVar(&g.Account, "account", "", "`NAME` of the saved account (default: the enrolment's, else \"default\")")
	fs.StringVar(&g.AccountPassphrase, "account-key-passphrase-file", "", "`FILE` with the passphrase of an encrypted account key, - for stdin; or set $NFCERT_ACCOUNT_KEY_PASSPHRASE")
	fs.StringVarP(&g.Name, "name", "n", "", "`NAME` of the enrolment")
	fs.StringVar(&g.State, "state", "", "state `DIR` (default: $STATE_DIRECTORY, $XDG_DATA_HOME/nfcert or ~/.local/share/nfcert)")
	fs.StringVar(&g.config, "config", "", "configuration `FILE`, YAML (default: $XDG_CONFIG_HOME/nfcert/config.yaml)")
	fs.StringVarP(&g.Output, "output", "o", OutputTable, "output `FORMAT`: table, json or name; also jsonl (enroll, lint), junit and sarif (lint)")
	fs.StringVar(&g.Trace, "trace", "", "append every HTTP exchange, decoded and with secrets redacted, to `FILE` as JSON lines; - prints them readably on stderr")
	fs.DurationVar(&g.Timeout, "timeout", 5*time.Minute, "time limit for the whole command")
	fs.BoolVar(&g.noInput, "no-input", false, "never prompt; implied without a terminal, with -o json, and with $CI set")
	fs.BoolVarP(&g.Yes, "yes", "y", false, "answer yes to confirmations; never supplies a value")
	fs.BoolVarP(&g.quiet, "quiet", "q", false, "no progress on stderr")
	fs.CountVarP(&g.Verbose, "verbose", "v", "print each request; -vv: with its content")
	fs.StringVar(&g.color, "color", "auto", "use color: auto, always or never; NO_COLOR is honoured")
}

// check refuses values that the command cannot use.
func (g *Globals) check(cmd *cobra.Command) error {
	if err := checkFormat(cmd, g.Output); err != nil {
		return err
	}
	switch g.color {
	case "auto", "always", "never":
	default:
		return Usagef("", "--color %q: want auto, always or never", g.color)
	}
	if g.Timeout <= 0 {
		return Usagef("", "--timeout %s: want more than zero, as in 5m", g.Timeout)
	}
	for _, text := range g.Resolve {
		if _, err := parseResolve(text); err != nil {
			return Usagef("", "--resolve %v", err)
		}
	}
	if g.ClientCert == "" && g.ClientKey != "" {
		return Usagef("name the certificate with --client-cert FILE", "--client-key is given without --client-cert")
	}
	return nil
}
