package cmdflags

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/token"
)

// TokenError says that a token could not be got, or is not valid for its purpose.
type TokenError struct{ Err error }

func (e *TokenError) Error() string { return e.Err.Error() }

func (e *TokenError) Unwrap() error { return e.Err }

// Authority has the flags that say how to reach and trust a Token Authority.
type Authority struct {
	URL string
	X5U bool // fetch the signer's certificate from the URL in the token

	root             string
	clientCert       string
	clientKey        string
	clientPassphrase string // file
	bearerFile       string
	basicFile        string
}

// AddFlags adds the flags.
func (o *Authority) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.URL, "ta", "", "prove NF instance IDs with tokens from the Token Authority at `URL`, in a 5G core the OAM (RFC 9447 section 5)")
	fs.StringVar(&o.clientCert, "ta-client-cert", "", "`FILE` with the client certificate for the Token Authority (default: --client-cert)")
	fs.StringVar(&o.clientKey, "ta-client-key", "", "`FILE` with the key of --ta-client-cert, or a pkcs11: URI (default: in the file of --ta-client-cert)")
	fs.StringVar(&o.clientPassphrase, "ta-client-passphrase-file", "", "`FILE` with the passphrase or PIN of the key of --ta-client-cert, - for stdin; or set $NFCERT_TA_CLIENT_PASSPHRASE")
	fs.StringVar(&o.bearerFile, "ta-bearer-file", "", "`FILE` with a bearer token for the Token Authority, - for stdin")
	fs.StringVar(&o.basicFile, "ta-basic-file", "", "`FILE` with user:password for the Token Authority, - for stdin")
	o.AddTrustFlags(fs)
}

// AddTrustFlags adds the flags for verifying tokens.
func (o *Authority) AddTrustFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.root, "ta-root", "", "PEM `FILE` with the roots that alone validate the Token Authority and the signers of its tokens (default: the roots of the server, and signatures are not verified)")
	fs.BoolVar(&o.X5U, "ta-x5u", false, "if a token contains no signer certificate, fetch it from the URL in the token (x5u)")
}

// Tokens has the flags that say where Authority Tokens come from.
type Tokens struct {
	Authority Authority

	allow []string
	file  string
	cmd   string
	field string
	reuse bool
}

func (o *Tokens) addFlags(fs *pflag.FlagSet) {
	o.Authority.AddFlags(fs)
	fs.StringVar(&o.file, "token-file", "", "`FILE` with an Authority Token")
	fs.StringVar(&o.cmd, "token-cmd", "", "`COMMAND` that prints an Authority Token, run directly, not through a shell; $"+token.VarType+", $"+token.VarValue+" and $"+token.VarFingerprint+" say for what")
	cli.ListVar(fs, &o.allow, "ta-allow", "use the Token Authority that the challenge names if it is at `HOST[:PORT]`; may be repeated")
	fs.StringVar(&o.field, "tkauth-field", string(challenge.FieldTKAuth), "`MEMBER` of the response with the token: tkauth (RFC 9448), atc (older servers) or both")
	fs.BoolVar(&o.reuse, "token-reuse", false, "use one token for several challenges of the same identifier while it is valid")
}

// Limits for the validity of a token.
const (
	TokenSkew = time.Minute      // how far the clocks may differ
	TokenLife = 10 * time.Second // how much of its life must be left for the CA to check it
)

// given reports whether there is a source of tokens.
func (o *Tokens) given() bool {
	return o.Authority.URL != "" || o.file != "" || o.cmd != "" || len(o.allow) > 0
}

// check checks the flags before anything is sent.
func (o *Tokens) check() error {
	if err := onlyOne(given{"--ta", o.Authority.URL != ""}, given{"--token-file", o.file != ""}, given{"--token-cmd", o.cmd != ""}); err != nil {
		return err
	}
	switch challenge.TokenField(o.field) {
	case "", challenge.FieldTKAuth, challenge.FieldATC, challenge.FieldBoth:
		return o.Authority.Check()
	}
	return cli.Usagef("as in --tkauth-field atc", "--tkauth-field %q: want tkauth, atc or both", o.field)
}

// Check checks the flags before anything is sent.
func (o *Authority) Check() error {
	if err := onlyOne(given{"--ta-bearer-file", o.bearerFile != ""}, given{"--ta-basic-file", o.basicFile != ""}); err != nil || o.URL == "" {
		return err
	}
	if err := token.CheckURL(o.URL); err != nil {
		return cli.Usagef("as in --ta https://oam.example/at/account/amf/token", "--ta: %v", err)
	}
	return nil
}

// Solver returns the solver for tkauth-01; nil: no token source is configured.
func (o *Tokens) Solver(s *session.Session) (*challenge.TKAuth, error) {
	if !o.given() {
		return nil, nil
	}
	source, roots, err := o.source(s)
	if err != nil {
		return nil, err
	}
	t := &challenge.TKAuth{
		Source: source, Field: challenge.TokenField(o.field), Reuse: o.reuse, Clock: s.Call.Clock,
		Check: token.CheckOptions{Roots: roots, Skew: TokenSkew, Life: TokenLife},
	}
	if o.Authority.X5U {
		transport, err := o.Authority.Transport(s)
		if err != nil {
			return nil, err
		}
		t.Signer = func(ctx context.Context, got *token.Token) error { return got.FetchSigner(ctx, transport) }
	}
	if len(o.allow) == 0 {
		return t, nil
	}
	authority, err := o.Authority.open(s)
	if err != nil {
		return nil, err
	}
	t.Hint = func(url string) (token.Source, error) {
		if err := token.CheckHint(url, o.allow); err != nil {
			return nil, err
		}
		return authority(url), nil
	}
	return t, nil
}

// source returns the source of tokens, and the roots for their signers. Both can be
// nil.
func (o *Tokens) source(s *session.Session) (token.Source, *x509.CertPool, error) {
	roots, err := o.Authority.Signers()
	if err != nil {
		return nil, nil, err
	}
	switch {
	case o.file != "":
		return token.File{Path: o.file}, roots, nil
	case o.cmd != "":
		words, err := cli.SplitCommand("token-cmd", o.cmd)
		if err != nil {
			return nil, nil, err
		}
		return token.Command{Args: words, Env: os.Environ()}, roots, nil
	case o.Authority.URL != "":
		authority, err := o.Authority.open(s)
		if err != nil {
			return nil, nil, err
		}
		return authority(o.Authority.URL), roots, nil
	}
	return nil, roots, nil
}

// Signers reads the roots of --ta-root; nil: none.
func (o *Authority) Signers() (*x509.CertPool, error) {
	if o.root == "" {
		return nil, nil
	}
	certs, err := ReadCertificates(o.root)
	if err != nil {
		return nil, err
	}
	return (&session.Server{Roots: certs}).Pool(), nil
}

// open reads trust and credentials. The function that it returns makes the source
// for an authority.
func (o *Authority) open(s *session.Session) (func(url string) token.Source, error) {
	transport, err := o.Transport(s)
	if err != nil {
		return nil, err
	}
	bearer, err := credential.ReadSecret(s.Call, o.bearerFile)
	if err != nil {
		return nil, err
	}
	basic, err := credential.ReadSecret(s.Call, o.basicFile)
	if err != nil {
		return nil, err
	}
	if !basic.IsZero() && !strings.Contains(string(basic.Reveal()), ":") {
		return nil, &cli.InputError{File: o.basicFile, Err: errors.New("no colon found, want user:password")}
	}
	return func(url string) token.Source {
		return &token.Authority{URL: url, HTTP: transport, Bearer: bearer, Basic: basic}
	}, nil
}

// Transport returns the transport to the authority, and to URLs in its tokens.
func (o *Authority) Transport(s *session.Session) (http.RoundTripper, error) {
	roots, err := o.Signers()
	if err != nil {
		return nil, err
	}
	if roots == nil && s.Server != nil {
		roots = s.Server.Pool()
	}
	cert, err := credential.ClientIdentity(s.Call, o.identity(s))
	if err != nil {
		return nil, err
	}
	return s.TokenTransport(roots, cert), nil
}

// identity returns the client certificate for the authority, by default that for the
// server.
func (o *Authority) identity(s *session.Session) credential.Identity {
	if o.clientCert == "" && s.Server != nil {
		return s.Server.Identity()
	}
	return credential.Identity{Cert: o.clientCert, Key: o.clientKey, PassphraseFile: o.clientPassphrase, Flag: "ta-client"}
}
