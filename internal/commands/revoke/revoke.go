// Package revoke is nfcert revoke: it revokes a certificate of an enrolment or of a
// file.
package revoke

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/commands/view"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/ui"
)

// Who may revoke a certificate (RFC 8555 section 7.6).
const (
	byAccount = "account"
	byKey     = "certificate-key"
)

// revokeFlags are the flags of revoke.
type revokeFlags struct {
	reason string
	by     string
	keyIn  cmdflags.Key
}

func (o *revokeFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.reason, "reason", "unspecified", "`REASON` of RFC 5280 5.3.1, by name or number: "+report.ReasonNames())
	fs.StringVar(&o.by, "by", byAccount, "which key signs the request: account or certificate-key")
	fs.StringVar(&o.keyIn.In, "key-in", "", "`FILE` or pkcs11: URI of the certificate's key, for --by certificate-key (default: the key of the enrolment)")
	fs.StringVar(&o.keyIn.PassphraseFile, "key-passphrase-file", "", "`FILE` with the passphrase or PIN of the key, - for stdin; or set $NFCERT_KEY_PASSPHRASE")
}

// New returns the command.
func New(env *cli.Env) *cobra.Command {
	o := &revokeFlags{}
	cmd := &cobra.Command{
		Use:   "revoke [NAME|FILE]",
		Short: "Revoke the certificate of an enrolment, or the one in a file",
		Long: `Ask the CA to revoke a certificate (RFC 8555 section 7.6): that of the enrolment
NAME, or the first one in FILE (PEM or DER). The account that ordered it can
revoke it, another account with authorizations for all its names can, and, with
--by certificate-key, the owner of the certificate's key.

Revoking cannot be undone. On a terminal you confirm it by typing the name; --yes
confirms it without a question. If the certificate is revoked already, nothing
changes and the exit code is 0. The installed files stay. nfcert renew -n NAME
gets a new certificate with a new key; renew --due alone does not.

Reasons:
` + reasonTable(),
		Example: `  nfcert revoke -n amf-01 --reason keyCompromise
  nfcert revoke old.pem --reason superseded --yes
  nfcert revoke lost.pem --by certificate-key --key-in lost.key \
      --reason keyCompromise`,
		Args: cli.WantArgs(0, 1, "at most one name or file"),
		RunE: env.Run(func(ctx context.Context, call *cli.Call, args []string) error {
			file := ""
			if len(args) == 1 {
				file = args[0]
			}
			return runRevoke(ctx, call, o, file)
		}),
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
func (o *revokeFlags) options(call *cli.Call) (out enroll.RevokeOptions, err error) {
	if out.Reason, err = enroll.ParseReason(o.reason); err != nil {
		return out, cli.Usagef("", "--reason: %v", err)
	}
	switch o.by {
	case byAccount:
		if o.keyIn.In != "" {
			return out, cli.Usagef("add --by certificate-key", "--key-in has no effect when the account revokes")
		}
	case byKey:
		out.ByKey = true
	default:
		return out, cli.Usagef("", "--by %q: want account or certificate-key", o.by)
	}
	var key enroll.CSROptions
	err = o.keyIn.Into(call, &key)
	out.Key, out.KeyURI = key.Key, key.KeyURI
	return out, err
}

func runRevoke(ctx context.Context, call *cli.Call, o *revokeFlags, file string) error {
	s, err := session.Local(call)
	if err != nil {
		return err
	}
	if call.Global.Name == "" && s.ForArgument(file) {
		call, file = s.Call, ""
	}
	switch {
	case file == "" && call.Global.Name == "":
		return cli.Usagef("as in nfcert revoke amf-01, or nfcert revoke amf.pem", "specify what to revoke: the name of an enrolment, or a file")
	case file != "" && call.Global.Name != "":
		return cli.Usagef("omit one of them", "-n and the file both name a certificate")
	}
	options, err := o.options(call)
	if err != nil {
		return err
	}
	if file == "" {
		if _, err := s.Existing(); err != nil {
			return err
		}
		return revokeNamed(ctx, s, o, options)
	}
	cert, err := certificateToRevoke(call, file)
	if err != nil {
		return err
	}
	holder, err := enroll.Holder(s.Store, cert)
	if err != nil {
		return err
	}
	if holder == "" {
		return revokeFile(ctx, call, o, cert, options)
	}
	s.Call = call.ForEnrolment(holder)
	sum := sha256.Sum256(cert.Raw)
	options.SHA256 = hex.EncodeToString(sum[:])
	return revokeNamed(ctx, s, o, options)
}

// certificateToRevoke is the first certificate of a file.
func certificateToRevoke(call *cli.Call, file string) (*x509.Certificate, error) {
	data, err := call.ReadFileOr(file, cli.MaxPEM)
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
		return nil, &cli.InputError{File: file, Err: errors.New("no certificate in the PEM file")}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, &cli.InputError{File: file, Err: fmt.Errorf("not a certificate in PEM or DER: %w", err)}
	}
	return cert, nil
}

func revokeNamed(ctx context.Context, s *session.Session, flags *revokeFlags, o enroll.RevokeOptions) error {
	call := s.Call
	return s.WithServer(ctx, func(ctx context.Context, s *session.Session) error {
		s.Engine.OpenKey = flags.keyIn.OpenToken(call)
		o.Confirm = func(cert *enroll.Certificate) error {
			return call.Confirm(fmt.Sprintf("revokes certificate %s of %s", cert.Serial, call.Global.Name), call.Global.Name)
		}
		en, unchanged, err := s.Engine.Revoke(ctx, call.Global.Name, o)
		if err != nil {
			return err
		}
		return view.PrintStep(call, en, unchanged, func(f *ui.Fields, en *enroll.Enrolment) {
			view.RevocationChanged(f, en, o.SHA256)
		})
	})
}

// revocationDoc is what revoke prints about a certificate of no enrolment.
type revocationDoc struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Server     string    `json:"server"`
	Serial     string    `json:"serial"`
	Subject    string    `json:"subject,omitempty"`
	Issuer     string    `json:"issuer"`
	NotAfter   time.Time `json:"notAfter"`
	Reason     string    `json:"reason,omitempty"` // absent: it was revoked earlier
	Unchanged  bool      `json:"unchanged,omitempty"`
	Warnings   []string  `json:"warnings,omitempty"`
}

func revokeFile(ctx context.Context, call *cli.Call, flags *revokeFlags, cert *x509.Certificate, o enroll.RevokeOptions) error {
	serial := inspect.Serial(cert.SerialNumber)
	return session.WithServer(ctx, call, func(ctx context.Context, s *session.Session) error {
		s.Engine.OpenKey = flags.keyIn.OpenToken(call)
		if err := call.Confirm("revokes certificate "+serial, serial); err != nil {
			return err
		}
		unchanged, err := s.Engine.RevokeCertificate(ctx, s.Account, cert, o)
		if err != nil {
			return err
		}
		doc := revocationDoc{
			APIVersion: cli.APIVersion, Kind: "Revocation", Server: s.Server.URL, Serial: serial,
			Subject: inspect.DistinguishedName(cert.RawSubject), Issuer: inspect.DistinguishedName(cert.RawIssuer), NotAfter: cert.NotAfter.UTC(),
			Reason: o.Reason.Name, Unchanged: unchanged, Warnings: call.Progress.Warnings(),
		}
		if unchanged {
			doc.Reason = ""
		}
		return printRevocation(call, doc)
	})
}

func printRevocation(call *cli.Call, doc revocationDoc) error {
	switch call.Global.Output {
	case cli.OutputJSON, cli.OutputJSONL:
		return ui.WriteJSON(call.Streams.Out, doc)
	case cli.OutputName:
		return cli.WriteAll(call.Streams.Out, []byte(doc.Serial+"\n"))
	}
	call.Progress.Done()
	if doc.Unchanged {
		call.Progress.Note("unchanged: revoked already")
	}
	f := &ui.Fields{Now: call.Clock(), Paint: call.Streams.OutPaint()}
	f.Add("revoked", doc.Serial)
	f.Add("reason", doc.Reason)
	f.Add("subject", doc.Subject)
	f.Add("issuer", doc.Issuer)
	f.Add("not after", doc.NotAfter)
	f.Add("server", doc.Server)
	return f.Write(call.Streams.Out, call.Streams.OutColumns())
}
