package cli

import (
	"time"

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
	CaRoot     string
	CaPin      string
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
	fs.StringVarP(&g.Server, "server", "s", "", "ACME server: a directory URL, or a name from the configuration; left out: the only one known")
	fs.StringVar(&g.CaRoot, "ca-root", "", "PEM `FILE` of roots that alone validate the server's TLS certificate, or system; remembered with the server")
	fs.StringVar(&g.CaPin, "ca-pin", "", "`FINGERPRINT` of the server's certificate or an issuer's that it sends, sha256:... of the certificate or spki-sha256:... of its key: that alone is trusted, and remembered")
	ListVar(fs, &g.Resolve, "resolve", "`HOST:PORT:ADDRESS` to connect to where DNS does not know the server, as curl has it; remembered; -HOST:PORT forgets")
	fs.StringVar(&g.ClientCert, "client-cert", "", "`FILE` with the certificate for mutual TLS towards the server, PEM or PKCS#12, with or without its key; its path is remembered")
	fs.StringVar(&g.ClientKey, "client-key", "", "`FILE` with the key of --client-cert, or a pkcs11: URI; left out: it is in the file of --client-cert")
	fs.StringVar(&g.ClientPassphrase, "client-passphrase-file", "", "`FILE` with the passphrase or PIN of the client certificate's key, - for stdin; or $NFCERT_CLIENT_PASSPHRASE")
	fs.StringVar(&g.Account, "account", "", "which saved account (default: the enrolment's, else \"default\")")
	fs.StringVar(&g.AccountPassphrase, "account-key-passphrase-file", "", "`FILE` with the passphrase of an encrypted account key, - for stdin; or $NFCERT_ACCOUNT_KEY_PASSPHRASE")
	fs.StringVarP(&g.Name, "name", "n", "", "which enrolment")
	fs.StringVar(&g.State, "state", "", "`DIR` where state lives (default: $STATE_DIRECTORY, $XDG_DATA_HOME/nfcert, ~/.local/share/nfcert)")
	fs.StringVar(&g.config, "config", "", "YAML `FILE` with named servers and defaults (default: $XDG_CONFIG_HOME/nfcert/config.yaml)")
	fs.StringVarP(&g.Output, "output", "o", OutputTable, "what stdout carries: table, json, jsonl (enroll, lint), name, junit and sarif (lint)")
	fs.StringVar(&g.Trace, "trace", "", "append every HTTP exchange, decoded and redacted, to `FILE`, a JSON object a line; - for a readable one on stderr")
	fs.DurationVar(&g.Timeout, "timeout", 5*time.Minute, "bound on the whole command")
	fs.BoolVar(&g.noInput, "no-input", false, "never prompt; also without a terminal, with -o json, and with $CI set")
	fs.BoolVarP(&g.Yes, "yes", "y", false, "confirm what is asked; never supplies a value")
	fs.BoolVarP(&g.quiet, "quiet", "q", false, "no progress on stderr")
	fs.CountVarP(&g.Verbose, "verbose", "v", "a line for each request; -vv: its content too")
	fs.StringVar(&g.color, "color", "auto", "auto, always or never; NO_COLOR is honoured")
}

// check refuses values that no command can use.
func (g *Globals) check(command string) error {
	switch g.Output {
	case OutputTable, OutputJSON, OutputJSONL, OutputName:
	case OutputJUnit, OutputSARIF:
		if command != "lint" {
			return Usagef("one of table, json, jsonl, name", "--output %s is a format of lint alone", g.Output)
		}
	default:
		return Usagef("one of table, json, jsonl, name, and of lint junit and sarif; files are written by --out", "--output %q is no format", g.Output)
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
