package commands

import (
	"context"
	"crypto/tls"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/secret"
)

// sourceFlags say how CSRs and certificates of others are read.
type sourceFlags struct {
	passphraseFile string
	serverName     string
}

func (o *sourceFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.passphraseFile, "passphrase-file", "", "`FILE` with the passphrase of a PKCS#12 file, - for standard input (or $NFCERT_PASSPHRASE)")
}

// addServerFlags adds what HOST:PORT alone has a use for.
func (o *sourceFlags) addServerFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.serverName, "server-name", "", "`NAME` to ask HOST:PORT for (SNI); default the host")
}

// options reads the secrets that reading needs. For HOST:PORT they have the
// client certificate of --client-cert.
func (o *sourceFlags) options(a *App) (certsource.Options, error) {
	out := certsource.Options{Stdin: a.stdin, ServerName: o.serverName}
	var err error
	if out.Passphrase, err = o.passphrase(a); err != nil {
		return out, err
	}
	out.Resolve = a.resolutions(nil)
	out.Certificate, err = a.shownCertificate()
	return out, err
}

// shownCertificate is the client certificate of the command line; nil: none.
func (a *App) shownCertificate() (*tls.Certificate, error) {
	return a.clientIdentity(identity{cert: a.global.clientCert, key: a.global.clientKey, passphraseFile: a.global.clientPassphrase})
}

// passphrase is the first line of the file, or the variable's value.
func (o *sourceFlags) passphrase(a *App) (secret.Bytes, error) {
	if o.passphraseFile == "" {
		return secret.New([]byte(a.env("NFCERT_PASSPHRASE"))), nil
	}
	return a.readPassphrase(o.passphraseFile)
}

// readSource reads the source of the argument.
func (o *sourceFlags) readSource(ctx context.Context, a *App, target string, filesOnly bool) (*certsource.Contents, error) {
	if target == "-" && o.passphraseFile == "-" {
		return nil, usagef("put one of them into a file", "standard input cannot be both the passphrase and what it opens")
	}
	options, err := o.options(a)
	if err != nil {
		return nil, err
	}
	options.FilesOnly = filesOnly
	return certsource.Read(ctx, target, options)
}

// missingKindError says that a source is well, but holds nothing of the kind
// that was asked for.
type missingKindError struct {
	File  string
	Want  certsource.Kind
	Found certsource.Kind
	Count int
}

func (e *missingKindError) Error() string {
	return fmt.Sprintf("%q: it holds %s and no %s", e.File, counted(e.Count, kindWords(e.Found)), kindWords(e.Want))
}

func kindWords(k certsource.Kind) string {
	if k == certsource.CSR {
		return "certificate request"
	}
	return "certificate"
}

// counted writes a number and a noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// ofKind takes the items of one kind, and counts the others.
func ofKind(contents *certsource.Contents, kind certsource.Kind) (items []certsource.Item, others int, err error) {
	for _, item := range contents.Items {
		if item.Kind == kind {
			items = append(items, item)
		}
	}
	others = len(contents.Items) - len(items)
	if len(items) == 0 {
		return nil, others, &missingKindError{File: contents.Name, Want: kind, Found: contents.Items[0].Kind, Count: others}
	}
	return items, others, nil
}

// explainSource is for files and servers that CSRs and certificates are read
// from.
func (a *App) explainSource(err error, r *report) bool {
	r.Exit, r.Code, r.Fault = exitUsage, "invalid-input", faultInput
	if e, ok := as[*certsource.PassphraseError](err); ok {
		r.Code, r.Hint = "wrong-passphrase", "give it with --passphrase-file FILE, or $NFCERT_PASSPHRASE"
		if e.Missing {
			r.Code = "passphrase"
		}
		return true
	}
	if e, ok := as[*missingKindError](err); ok {
		r.Next = a.line(map[certsource.Kind]string{certsource.CSR: "show csr", certsource.Certificate: "show cert"}[e.Found], e.File)
		return true
	}
	if _, ok := as[*certsource.ContentError](err); ok {
		return true
	}
	if _, ok := as[*certsource.TooLargeError](err); ok {
		return true
	}
	if e, ok := as[*certsource.ReadError](err); ok {
		if _, server := certsource.ParseAddress(e.Name); server {
			r.Hint = "servers show certificates, and no requests: nfcert show cert " + shellQuote(e.Name)
		}
		return true
	}
	if e, ok := as[*certsource.ConnectError](err); ok {
		r.Exit, r.Code, r.Fault = exitNetwork, "unreachable", faultNetwork
		r.Message = a.subject() + ": " + e.Error()
		r.Hint = "HOST:PORT is taken for a TLS server when there is no file of that name; IPv6 stands in brackets, as in [2001:db8::1]:443"
		if e.Stage == certsource.StageTLS {
			r.Code, r.Fault, r.Hint = "handshake", faultTLS, "is this a TLS port? Protocols that begin in the clear (STARTTLS) are not spoken"
		}
		return true
	}
	return false
}
