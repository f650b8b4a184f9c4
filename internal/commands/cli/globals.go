package cli

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Output formats. A command has table, json and name unless [Formats] says otherwise.
const (
	OutputTable = "table"
	OutputJSON  = "json"
	OutputJSONL = "jsonl"
	OutputName  = "name"
	OutputJUnit = "junit"
	OutputSARIF = "sarif"
)

// Globals are the flags that every command takes.
type Globals struct {
	Server            string // URL, or a name of the configuration file
	CARoot            string
	CAPin             string
	Resolve           []string
	ClientCert        string
	ClientKey         string
	ClientPassphrase  string // a file
	Account           string
	AccountPassphrase string // a file
	Name              string
	State             string
	Output            string
	Trace             string
	Timeout           time.Duration
	Yes               bool
	Verbose           int

	config  string
	noInput bool
	quiet   bool
	color   string
}

func (g *Globals) addFlags(fs *pflag.FlagSet) {
	fs.StringVarP(&g.Server, "server", "s", "", "ACME `SERVER`: a directory URL, or a name from the configuration file (default: the only one saved)")
	fs.StringVar(&g.CARoot, "ca-root", "", "trust only the root certificates in `FILE` for the server's TLS certificate; system returns to the system's roots; remembered with the server")
	fs.StringVar(&g.CAPin, "ca-pin", "", "trust only the certificate with this `FINGERPRINT`, which is the server's or one of its issuers': sha256:... of the certificate, or spki-sha256:... of its key; remembered with the server")
	ListVar(fs, &g.Resolve, "resolve", "connect to an address without resolving the name, as in curl: `HOST:PORT:ADDRESS`; remembered with the server; -HOST:PORT removes it")
	fs.StringVar(&g.ClientCert, "client-cert", "", "`FILE` with the client certificate for mutual TLS, PEM or PKCS#12, with or without its key; its path is remembered")
	fs.StringVar(&g.ClientKey, "client-key", "", "`FILE` with the key of --client-cert, or a pkcs11: URI (default: in the file of --client-cert)")
	fs.StringVar(&g.ClientPassphrase, "client-passphrase-file", "", "`FILE` with the passphrase or PIN of the client certificate's key, - for stdin; or set NFCERT_CLIENT_PASSPHRASE")
	fs.StringVar(&g.Account, "account", "", "`NAME` of the saved account (default: the enrolment's account, or \"default\")")
	fs.StringVar(&g.AccountPassphrase, "account-key-passphrase-file", "", "`FILE` with the passphrase of an encrypted account key, - for stdin; or set NFCERT_ACCOUNT_KEY_PASSPHRASE")
	fs.StringVarP(&g.Name, "name", "n", "", "`NAME` of the enrolment; most commands use the only one saved if it is omitted")
	fs.StringVar(&g.State, "state", "", "state `DIR` (default: $STATE_DIRECTORY, $XDG_DATA_HOME/nfcert or ~/.local/share/nfcert)")
	fs.StringVar(&g.config, "config", "", "configuration `FILE`, YAML (default: $XDG_CONFIG_HOME/nfcert/config.yaml)")
	fs.StringVarP(&g.Output, "output", "o", OutputTable, "output `FORMAT`: table, json or name; also jsonl (enroll, lint), junit and sarif (lint)")
	fs.StringVar(&g.Trace, "trace", "", "append each HTTP exchange to `FILE`, decoded and with secrets redacted, as JSON lines; - prints them on stderr as text")
	fs.DurationVar(&g.Timeout, "timeout", 5*time.Minute, "time limit for the whole command, a `DURATION` such as 90s")
	fs.BoolVar(&g.noInput, "no-input", false, "never prompt; implied without a terminal, with -o json, and if $CI is set")
	fs.BoolVarP(&g.Yes, "yes", "y", false, "answer yes to confirmations; it never supplies a value")
	fs.BoolVarP(&g.quiet, "quiet", "q", false, "do not print progress on stderr")
	fs.CountVarP(&g.Verbose, "verbose", "v", "print each HTTP request; -vv also prints its content")
	fs.StringVar(&g.color, "color", "auto", "use color `WHEN`: auto, always or never; NO_COLOR is honoured")
}

// check returns an error for a value that the command cannot use.
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
		return Usagef("name the certificate with --client-cert FILE", "--client-key needs --client-cert")
	}
	return nil
}
