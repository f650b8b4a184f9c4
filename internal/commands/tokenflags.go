package commands

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/token"
)

// authorityFlags say how to reach and trust a Token Authority.
type authorityFlags struct {
	url        string
	root       string
	clientCert string
	clientKey  string
	// clientPassphrase is the file with the passphrase of the key.
	clientPassphrase string
	bearerFile       string
	basicFile        string
	x5u              bool // follow it
}

func (o *authorityFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.url, "ta", "", "prove NF instance ids with tokens of the Token Authority at `URL`, in the 5G core the OAM's (RFC 9447 section 5)")
	fs.StringVar(&o.clientCert, "ta-client-cert", "", "`FILE` with the client certificate for the Token Authority (default: the server's)")
	fs.StringVar(&o.clientKey, "ta-client-key", "", "`FILE` with its key, or a pkcs11: URI (default: in the certificate's file)")
	fs.StringVar(&o.clientPassphrase, "ta-client-passphrase-file", "", "`FILE` with the passphrase or PIN of that key, - for stdin; or $NFCERT_TA_CLIENT_PASSPHRASE")
	fs.StringVar(&o.bearerFile, "ta-bearer-file", "", "`FILE` with a bearer token for the Token Authority, - for stdin")
	fs.StringVar(&o.basicFile, "ta-basic-file", "", "`FILE` with user:password for the Token Authority, - for stdin")
	o.addTrustFlags(fs)
}

func (o *authorityFlags) addTrustFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.root, "ta-root", "", "PEM roots in `FILE` that alone validate the Token Authority, and who signed its tokens (default: the server's roots, and no look at the signature)")
	fs.BoolVar(&o.x5u, "ta-x5u", false, "fetch the certificate of a token's signer from the URL that the token names (x5u), when it brings none")
}

// tokenFlags say where Authority Tokens come from.
type tokenFlags struct {
	authority authorityFlags
	allow     []string
	file      string
	cmd       string
	field     string
	reuse     bool
}

func (o *tokenFlags) addFlags(fs *pflag.FlagSet) {
	o.authority.addFlags(fs)
	o.addSourceFlags(fs)
	listVar(fs, &o.allow, "ta-allow", "take the Token Authority that the challenge names when it is at `HOST[:PORT]`; may be repeated")
	fs.StringVar(&o.field, "tkauth-field", string(challenge.FieldTKAuth), "the answer's member for the token: tkauth (RFC 9448), atc (older servers) or both")
	fs.BoolVar(&o.reuse, "token-reuse", false, "use one token for several challenges of the same identifier while it lasts")
}

func (o *tokenFlags) addSourceFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.file, "token-file", "", "`FILE` with an Authority Token that was fetched before")
	fs.StringVar(&o.cmd, "token-cmd", "", "`COMMAND` that prints an Authority Token; it finds "+token.VarType+", "+token.VarValue+" and "+token.VarFingerprint+" in its environment")
}

// What is asked of a token beside its claims: clocks may differ by the skew, and
// enough of its life must be left for the CA to look at it.
const (
	tokenSkew = time.Minute
	tokenLife = 10 * time.Second
)

// given reports whether tokens can be had at all.
func (o *tokenFlags) given() bool {
	return o.authority.url != "" || o.file != "" || o.cmd != "" || len(o.allow) > 0
}

// check refuses what cannot be meant, before anything is asked.
func (o *tokenFlags) check() error {
	ways := 0
	for _, way := range []string{o.authority.url, o.file, o.cmd} {
		if way != "" {
			ways++
		}
	}
	switch field := challenge.TokenField(o.field); {
	case ways > 1:
		return usagef("give one of them", "--ta, --token-file and --token-cmd are three ways to get a token")
	case field != "" && field != challenge.FieldTKAuth && field != challenge.FieldATC && field != challenge.FieldBoth:
		return usagef("one of: tkauth, atc, both", "--tkauth-field %q is not known", o.field)
	}
	return o.authority.check()
}

func (o *authorityFlags) check() error {
	if o.bearerFile != "" && o.basicFile != "" {
		return usagef("give one of them", "--ta-bearer-file and --ta-basic-file are two ways to say who asks")
	}
	if o.url == "" {
		return nil
	}
	if err := token.CheckURL(o.url); err != nil {
		return usagef("as in --ta https://oam.example/at/account/amf/token", "--ta: %v", err)
	}
	return nil
}

// solver makes what answers tkauth-01; nil: there is no source of tokens.
func (o *tokenFlags) solver(s *session) (*challenge.TKAuth, error) {
	if !o.given() {
		return nil, nil
	}
	source, roots, err := o.source(s)
	if err != nil {
		return nil, err
	}
	t := &challenge.TKAuth{
		Source: source, Field: challenge.TokenField(o.field), Reuse: o.reuse, Clock: s.call.Clock,
		Check: token.CheckOptions{Roots: roots, Skew: tokenSkew, Life: tokenLife},
	}
	if o.authority.x5u {
		transport, err := o.authority.transport(s)
		if err != nil {
			return nil, err
		}
		t.Signer = func(ctx context.Context, got *token.Token) error { return got.FetchSigner(ctx, transport) }
	}
	if len(o.allow) == 0 {
		return t, nil
	}
	asks, err := o.authority.open(s)
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
func (o *tokenFlags) source(s *session) (token.Source, *x509.CertPool, error) {
	roots, err := o.authority.signers()
	if err != nil {
		return nil, nil, err
	}
	switch {
	case o.file != "":
		return token.File{Path: o.file}, roots, nil
	case o.cmd != "":
		words, err := splitCommand("token-cmd", o.cmd)
		if err != nil {
			return nil, nil, err
		}
		return token.Command{Args: words, Env: os.Environ()}, roots, nil
	case o.authority.url != "":
		asks, err := o.authority.open(s)
		if err != nil {
			return nil, nil, err
		}
		return asks(o.authority.url), roots, nil
	}
	return nil, roots, nil
}

// signers are the roots that tokens are verified by; nil: nobody named any.
func (o *authorityFlags) signers() (*x509.CertPool, error) {
	if o.root == "" {
		return nil, nil
	}
	certs, err := readCertificates(o.root)
	if err != nil {
		return nil, err
	}
	return (&server{roots: certs}).pool(), nil
}

// open reads trust and credentials, once for all authorities that may be asked.
func (o *authorityFlags) open(s *session) (func(url string) token.Source, error) {
	transport, err := o.transport(s)
	if err != nil {
		return nil, err
	}
	bearer, err := s.call.readSecret(o.bearerFile)
	if err != nil {
		return nil, err
	}
	basic, err := s.call.readSecret(o.basicFile)
	if err != nil {
		return nil, err
	}
	if !basic.IsZero() && !strings.Contains(string(basic.Reveal()), ":") {
		return nil, &inputError{File: o.basicFile, Err: errors.New("want user:password")}
	}
	return func(url string) token.Source {
		return &token.Authority{URL: url, HTTP: transport, Bearer: bearer, Basic: basic}
	}, nil
}

// transport is the way to the authority, and to what its tokens name.
func (o *authorityFlags) transport(s *session) (http.RoundTripper, error) {
	roots, err := o.signers()
	if err != nil {
		return nil, err
	}
	if roots == nil && s.server != nil {
		roots = s.server.pool()
	}
	cert, err := s.call.clientIdentity(o.identity(s))
	if err != nil {
		return nil, err
	}
	return s.tokenTransport(roots, cert), nil
}

// identity is who asks the authority, by default as the server is asked.
func (o *authorityFlags) identity(s *session) identity {
	if o.clientCert == "" && s.server != nil {
		return s.server.identity()
	}
	return identity{cert: o.clientCert, key: o.clientKey, passphraseFile: o.clientPassphrase, flag: "ta-client"}
}

// tokenTransport is the way to a Token Authority. Traces show what is said there
// without the token.
func (s *session) tokenTransport(roots *x509.CertPool, cert *tls.Certificate) http.RoundTripper {
	resolve := s.call.resolutions(nil)
	if s.server != nil {
		resolve = s.server.Resolve
	}
	return acmewire.Transport(acmewire.Config{
		Resolve: resolve, Roots: roots, Certificate: cert, UserAgent: "nfcert/" + s.call.Version, Tokens: true,
		Observe: s.note,
	})
}

// readSecret reads the one line of a file with a credential. No file: the zero
// value.
func (a *Call) readSecret(path string) (secret.Bytes, error) {
	if path == "" {
		return secret.Bytes{}, nil
	}
	word, err := a.readPassphrase(path)
	if err == nil && word.IsZero() {
		err = &inputError{File: path, Err: errors.New("it is empty")}
	}
	return word, err
}
