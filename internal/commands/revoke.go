package commands

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

// Who may revoke a certificate (RFC 8555 section 7.6).
const (
	byAccount = "account"
	byKey     = "certificate-key"
)

// revokeFlags say for what a certificate is revoked and by whom.
type revokeFlags struct {
	reason string
	by     string
	keyIn  keyFlags
}

func (o *revokeFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.reason, "reason", "unspecified", "why, a `REASON` of RFC 5280 5.3.1 by name or number: "+reasonNames())
	fs.StringVar(&o.by, "by", byAccount, "whose signature asks for it: account or certificate-key")
	fs.StringVar(&o.keyIn.in, "key-in", "", "`FILE` of the certificate's key, or a pkcs11: URI of it, for --by certificate-key (default: the enrolment's)")
	fs.StringVar(&o.keyIn.passphraseFile, "key-passphrase-file", "", "`FILE` with the passphrase or PIN of the key, - for stdin; or $NFCERT_KEY_PASSPHRASE")
}

func reasonNames() string {
	var names []string
	for _, r := range enroll.Reasons() {
		names = append(names, r.Name)
	}
	return strings.Join(names, ", ")
}

func newRevoke(app *App) *cobra.Command {
	o := &revokeFlags{}
	cmd := &cobra.Command{
		Use:   "revoke [FILE]",
		Short: "Revoke the certificate of an enrolment, or the one in a file",
		Long: `Ask the CA to revoke a certificate (RFC 8555 section 7.6): the one of -n NAME, or
the first one in FILE, PEM or DER. The account that it was issued to may ask for
that, another that is authorized for all its names, and, with
--by certificate-key, who has its key.

It cannot be taken back, so it is asked for by name on a terminal, and done
without asking with --yes. A certificate that is revoked already is left as it
is, exit 0. The files stay where they are: nfcert renew -n NAME gets another
certificate in their place, with another key; --due alone does not.

Reasons:
` + reasonTable(),
		Example: `  nfcert revoke -n amf-01 --reason keyCompromise
  nfcert revoke old.pem --reason superseded --yes
  nfcert revoke lost.pem --by certificate-key --key-in lost.key --reason keyCompromise`,
		Args: wantArgs(0, 1, "at most one file with a certificate"),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := ""
			if len(args) == 1 {
				file = args[0]
			}
			return app.runRevoke(cmd.Context(), o, file)
		},
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func reasonTable() string {
	var b strings.Builder
	for _, r := range enroll.Reasons() {
		fmt.Fprintf(&b, "  %2d %-20s  %s\n", r.Code, r.Name, r.Why)
	}
	return strings.TrimRight(b.String(), "\n")
}

// options turns the flags into what the engine takes.
func (o *revokeFlags) options(a *App) (out enroll.RevokeOptions, err error) {
	if out.Reason, err = enroll.ParseReason(o.reason); err != nil {
		return out, usagef("", "--reason: %v", err)
	}
	switch o.by {
	case byAccount:
		if o.keyIn.in != "" {
			return out, usagef("say --by certificate-key too", "--key-in means nothing when the account revokes")
		}
	case byKey:
		out.ByKey = true
	default:
		return out, usagef("", "--by %q: want account or certificate-key", o.by)
	}
	var key enroll.CSROptions
	err = o.keyIn.into(a, &key)
	out.Key, out.KeyURI = key.Key, key.KeyURI
	return out, err
}

func (a *App) runRevoke(ctx context.Context, o *revokeFlags, file string) error {
	switch {
	case file == "" && a.global.name == "":
		return usagef("as in nfcert revoke -n amf-01, or nfcert revoke amf.pem", "it is not said what to revoke")
	case file != "" && a.global.name != "":
		return usagef("leave one of them out", "-n and a file are two ways to say which certificate")
	}
	options, err := o.options(a)
	if err != nil {
		return err
	}
	a.resume = a.again()
	if file == "" {
		if err := a.mustExist(); err != nil {
			return err
		}
		return a.revokeNamed(ctx, o, options)
	}
	cert, err := a.certificateToRevoke(file)
	if err != nil {
		return err
	}
	s, err := a.openStore()
	if err != nil {
		return err
	}
	holder, err := enroll.Holder(s, cert)
	if err != nil {
		return err
	}
	if holder == "" {
		return a.revokeFile(ctx, o, cert, options)
	}
	a.name, a.global.name = holder, holder
	sum := sha256.Sum256(cert.Raw)
	options.SHA256 = hex.EncodeToString(sum[:])
	return a.revokeNamed(ctx, o, options)
}

// certificateToRevoke is the first certificate of a file.
func (a *App) certificateToRevoke(file string) (*x509.Certificate, error) {
	data, err := a.readFileOr(file, maxPEM)
	if err != nil {
		return nil, err
	}
	der := data
	if bytes.Contains(data, []byte("-----BEGIN ")) {
		der = nil
		for block, rest := pem.Decode(data); block != nil && der == nil; block, rest = pem.Decode(rest) {
			if block.Type == "CERTIFICATE" {
				der = block.Bytes
			}
		}
	}
	if der == nil {
		return nil, &inputError{File: file, Err: errors.New("no PEM certificate found")}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, &inputError{File: file, Err: fmt.Errorf("no certificate, PEM or DER: %w", err)}
	}
	return cert, nil
}

// confirmRevoking wants word typed, which names what is to be revoked.
func (a *App) confirmRevoking(what, word string) error {
	if a.global.yes {
		return nil
	}
	typed, err := a.prompter().Input(fmt.Sprintf("This revokes %s for good. Type %s to go on:", what, word), "")
	if errors.Is(err, ui.ErrNoTerminal) || errors.Is(err, io.EOF) {
		return usagef("say --yes to confirm", "this cannot be undone and there is nobody to ask: revoking %s", what)
	}
	if err != nil {
		return err
	}
	if typed != word {
		return usagef("", "not confirmed: that is not %s; nothing was changed", word)
	}
	return nil
}

func (a *App) revokeNamed(ctx context.Context, flags *revokeFlags, o enroll.RevokeOptions) error {
	return a.withServer(ctx, func(ctx context.Context, s *session) error {
		s.engine.OpenKey = flags.keyIn.openToken(a)
		en, err := enroll.Load(s.store, a.name)
		if err != nil {
			return err
		}
		cert := en.Certificate
		if p := en.Previous; p != nil && o.SHA256 == p.Certificate.SHA256 {
			cert = p.Certificate
		}
		if cert != nil && cert.Revoked == nil {
			if err := a.confirmRevoking(fmt.Sprintf("certificate %s of %s", cert.Serial, a.name), a.name); err != nil {
				return err
			}
		}
		en, unchanged, err := s.engine.Revoke(ctx, a.name, o)
		if err != nil {
			return err
		}
		return a.printEnrolment(en, unchanged)
	})
}

// revocationDoc is what revoke prints of a certificate that no enrolment has.
type revocationDoc struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Server     string    `json:"server"`
	Serial     string    `json:"serial"`
	Subject    string    `json:"subject,omitempty"`
	Issuer     string    `json:"issuer"`
	NotAfter   time.Time `json:"notAfter"`
	Reason     string    `json:"reason,omitempty"` // absent: it was revoked before
	Unchanged  bool      `json:"unchanged,omitempty"`
	Warnings   []string  `json:"warnings,omitempty"`
}

func (a *App) revokeFile(ctx context.Context, flags *revokeFlags, cert *x509.Certificate, o enroll.RevokeOptions) error {
	serial := fmt.Sprintf("%x", cert.SerialNumber)
	return a.withServer(ctx, func(ctx context.Context, s *session) error {
		s.engine.OpenKey = flags.keyIn.openToken(a)
		if err := a.confirmRevoking("certificate "+serial, serial); err != nil {
			return err
		}
		unchanged, err := s.engine.RevokeCertificate(ctx, s.account, cert, o)
		if err != nil {
			return err
		}
		doc := revocationDoc{
			APIVersion: apiVersion, Kind: "Revocation", Server: s.server.URL, Serial: serial,
			Subject: cert.Subject.String(), Issuer: cert.Issuer.String(), NotAfter: cert.NotAfter.UTC(),
			Reason: o.Reason.Name, Unchanged: unchanged, Warnings: a.progress.warnings(),
		}
		if unchanged {
			doc.Reason = ""
		}
		return a.printRevocation(doc)
	})
}

func (a *App) printRevocation(doc revocationDoc) error {
	switch a.global.output {
	case outputJSON, outputJSONL:
		return ui.WriteJSON(a.streams.Out, doc)
	case outputName:
		return writeAll(a.streams.Out, []byte(doc.Serial+"\n"))
	}
	a.progress.done()
	if doc.Unchanged {
		a.progress.note("unchanged: it was revoked before")
	}
	f := &ui.Fields{Now: a.clock(), Paint: a.streams.OutPaint()}
	f.Add("revoked", doc.Serial)
	f.Add("reason", doc.Reason)
	f.Add("subject", doc.Subject)
	f.Add("issuer", doc.Issuer)
	f.Add("not after", doc.NotAfter)
	f.Add("server", doc.Server)
	return f.Write(a.streams.Out, a.streams.OutColumns())
}
