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

// TokenError is a token that was asked for and not had, or does not fit.
type TokenError struct{ Err error }

func (e *TokenError) Error() string { return e.Err.Error() }

func (e *TokenError) Unwrap() error { return e.Err }

// Authority say how to reach and trust a Token Authority.
type Authority struct {
	Url        string
	root       string
	clientCert string
	clientKey  string
	// clientPassphrase is the file with the passphrase of the key.
	clientPassphrase string
	bearerFile       string
	basicFile        string
	X5u              bool // follow it
}

func (o *Authority) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.Url, "ta", "", "prove NF instance ids with tokens of the Token Authority at `URL`, in the 5G core the OAM's (RFC 9447 section 5)")
	fs.StringVar(&o.clientCert, "ta-client-cert", "", "`FILE` with the client certificate for the Token Authority (default: the server's)")
	fs.StringVar(&o.clientKey, "ta-client-key", "", "`FILE` with its key, or a pkcs11: URI (default: in the certificate's file)")
	fs.StringVar(&o.clientPassphrase, "ta-client-passphrase-file", "", "`FILE` with the passphrase or PIN of that key, - for stdin; or $NFCERT_TA_CLIENT_PASSPHRASE")
	fs.StringVar(&o.bearerFile, "ta-bearer-file", "", "`FILE` with a bearer token for the Token Authority, - for stdin")
	fs.StringVar(&o.basicFile, "ta-basic-file", "", "`FILE` with user:password for the Token Authority, - for stdin")
	o.AddTrustFlags(fs)
}

func (o *Authority) AddTrustFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.root, "ta-root", "", "PEM roots in `FILE` that alone validate the Token Authority, and who signed its tokens (default: the server's roots, and no look at the signature)")
	fs.BoolVar(&o.X5u, "ta-x5u", false, "fetch the certificate of a token's signer from the URL that the token names (x5u), when it brings none")
}

// Tokens say where Authority Tokens come from.
type Tokens struct {
	Authority Authority
	allow     []string
	file      string
	cmd       string
	field     string
	reuse     bool
}

func (o *Tokens) addFlags(fs *pflag.FlagSet) {
	o.Authority.AddFlags(fs)
	o.addSourceFlags(fs)
	cli.ListVar(fs, &o.allow, "ta-allow", "take the Token Authority that the challenge names when it is at `HOST[:PORT]`; may be repeated")
	fs.StringVar(&o.field, "tkauth-field", string(challenge.FieldTKAuth), "the answer's member for the token: tkauth (RFC 9448), atc (older servers) or both")
	fs.BoolVar(&o.reuse, "token-reuse", false, "use one token for several challenges of the same identifier while it lasts")
}

func (o *Tokens) addSourceFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.file, "token-file", "", "`FILE` with an Authority Token that was fetched before")
	fs.StringVar(&o.cmd, "token-cmd", "", "`COMMAND` that prints an Authority Token; it finds "+token.VarType+", "+token.VarValue+" and "+token.VarFingerprint+" in its environment")
}

// What is asked of a token beside its claims: clocks may differ by the skew, and
// enough of its life must be left for the CA to look at it.
const (
	TokenSkew = time.Minute
	TokenLife = 10 * time.Second
)

// given reports whether tokens can be had at all.
func (o *Tokens) given() bool {
	return o.Authority.Url != "" || o.file != "" || o.cmd != "" || len(o.allow) > 0
}

// check refuses what cannot be meant, before anything is asked.
func (o *Tokens) check() error {
	ways := 0
	for _, way := range []string{o.Authority.Url, o.file, o.cmd} {
		if way != "" {
			ways++
		}
	}
	switch field := challenge.TokenField(o.field); {
	case ways > 1:
		return cli.Usagef("give one of them", "--ta, --token-file and --token-cmd are three ways to get a token")
	case field != "" && field != challenge.FieldTKAuth && field != challenge.FieldATC && field != challenge.FieldBoth:
		return cli.Usagef("one of: tkauth, atc, both", "--tkauth-field %q is not known", o.field)
	}
	return o.Authority.Check()
}

func (o *Authority) Check() error {
	if o.bearerFile != "" && o.basicFile != "" {
		return cli.Usagef("give one of them", "--ta-bearer-file and --ta-basic-file are two ways to say who asks")
	}
	if o.Url == "" {
		return nil
	}
	if err := token.CheckURL(o.Url); err != nil {
		return cli.Usagef("as in --ta https://oam.example/at/account/amf/token", "--ta: %v", err)
	}
	return nil
}

// Solver makes what answers tkauth-01; nil: there is no source of tokens.
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
	if o.Authority.X5u {
		transport, err := o.Authority.Transport(s)
		if err != nil {
			return nil, err
		}
		t.Signer = func(ctx context.Context, got *token.Token) error { return got.FetchSigner(ctx, transport) }
	}
	if len(o.allow) == 0 {
		return t, nil
	}
	asks, err := o.Authority.open(s)
	if err != nil {
		return nil, err
	}
	t.Hint = func(url string) (token.Source, error) {
		if err := token.CheckHint(url, o.allow); err != nil {
			return nil, err
		}
		return asks(url), nil
	}
	return t, nil
}

// source is where tokens come from when no challenge is asked, and the roots
// that their signers must chain to. Each may be nil.
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
	case o.Authority.Url != "":
		asks, err := o.Authority.open(s)
		if err != nil {
			return nil, nil, err
		}
		return asks(o.Authority.Url), roots, nil
	}
	return nil, roots, nil
}

// Signers are the roots that tokens are verified by; nil: nobody named any.
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

// open reads trust and credentials, once for all authorities that may be asked.
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
		return nil, &cli.InputError{File: o.basicFile, Err: errors.New("want user:password")}
	}
	return func(url string) token.Source {
		return &token.Authority{URL: url, HTTP: transport, Bearer: bearer, Basic: basic}
	}, nil
}

// Transport is the way to the authority, and to what its tokens name.
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

// identity is who asks the authority, by default as the server is asked.
func (o *Authority) identity(s *session.Session) credential.Identity {
	if o.clientCert == "" && s.Server != nil {
		return s.Server.Identity()
	}
	return credential.Identity{Cert: o.clientCert, Key: o.clientKey, PassphraseFile: o.clientPassphrase, Flag: "ta-client"}
}
