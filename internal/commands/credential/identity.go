package credential

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/pkcs11"
	"github.com/nfcert/nfcert/internal/secret"
)

// Identity names the certificate and key that authenticate a TLS client (TS 33.310
// Annex J.2.1). The zero value is no client certificate.
type Identity struct {
	Cert           string // file with the certificate: PEM, DER or PKCS#12
	Key            string // file with its key, or a pkcs11: URI; "": in the file of Cert
	PassphraseFile string // as in [Passphrase.File]
	// Flag is the common part of the flags and the variable: ta-client has
	// --ta-client-cert and NFCERT_TA_CLIENT_PASSPHRASE. "" is client.
	Flag string
}

// FlagName returns the name of a flag, as in client-key for key.
func (id Identity) FlagName(end string) string { return cmp.Or(id.Flag, "client") + "-" + end }

// ClientIdentity reads the client certificate, the issuers in its file, and its
// key. It refuses a certificate that every server refuses with an
// [*IdentityError]. A key in a token stays open until the command ends. The result
// is nil if id names no certificate.
func ClientIdentity(call *cli.Call, id Identity) (*tls.Certificate, error) {
	if id.Cert == "" {
		return nil, nil
	}
	data, err := cli.ReadFile(id.Cert, cli.MaxPEM)
	if err != nil {
		return nil, err
	}
	passphrase := csrgen.Passphrase(sync.OnceValues(func() (secret.Bytes, error) {
		return Passphrase{Flag: id.FlagName("passphrase"), File: id.PassphraseFile, Of: strconv.Quote(cmp.Or(id.Key, id.Cert)), PIN: true}.Read(call)
	}))
	var key crypto.Signer
	var certs []*x509.Certificate
	if id.Key == "" && certsource.IsPKCS12(data) {
		key, certs, err = openPKCS12(id, data, passphrase)
	} else if certs, err = identityCertificates(id, data, passphrase); err == nil {
		key, err = identityKey(call, id, data, passphrase)
	}
	if err != nil {
		return nil, named(id, err)
	}
	return assemble(id, key, certs, call.Clock())
}

// assemble puts the certificate of the key first and its issuers after it
// (RFC 8446 4.4.2). The file may have them in any order.
func assemble(id Identity, key crypto.Signer, certs []*x509.Certificate, now time.Time) (*tls.Certificate, error) {
	own := slices.IndexFunc(certs, func(c *x509.Certificate) bool {
		public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
		return ok && public.Equal(c.PublicKey)
	})
	if own < 0 {
		return nil, &IdentityError{Identity: id, Fault: KeyForeign, Certificate: certs[0]}
	}
	leaf := certs[own]
	if fault := unfitClient(leaf, now); fault != "" {
		return nil, &IdentityError{Identity: id, Fault: fault, Certificate: leaf, Now: now}
	}
	out := &tls.Certificate{PrivateKey: key, Leaf: leaf, Certificate: [][]byte{leaf.Raw}}
	for last := leaf; ; {
		next := slices.IndexFunc(certs, func(c *x509.Certificate) bool {
			return !bytes.Equal(last.RawIssuer, last.RawSubject) && bytes.Equal(c.RawSubject, last.RawIssuer) && last.CheckSignatureFrom(c) == nil
		})
		if next < 0 || len(out.Certificate) > len(certs) {
			return out, nil
		}
		last = certs[next]
		out.Certificate = append(out.Certificate, last.Raw)
	}
}

// unfitClient returns why servers refuse a client certificate; "" if they do not.
func unfitClient(c *x509.Certificate, now time.Time) IdentityFault {
	forClients := func(u x509.ExtKeyUsage) bool {
		return u == x509.ExtKeyUsageClientAuth || u == x509.ExtKeyUsageAny
	}
	switch {
	case now.After(c.NotAfter):
		return CertExpired
	case now.Before(c.NotBefore):
		return CertEarly
	case len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) > 0 && !slices.ContainsFunc(c.ExtKeyUsage, forClients):
		return CertPurpose
	}
	return ""
}

// identityCertificates reads the certificates of a file in any format.
func identityCertificates(id Identity, data []byte, passphrase csrgen.Passphrase) ([]*x509.Certificate, error) {
	art, err := certsource.Parse(id.Cert, data, certsource.Options{FilesOnly: true})
	if e, ok := cli.As[*certsource.PassphraseError](err); ok && e.Missing {
		word, err := passphrase()
		if err != nil {
			return nil, err
		}
		art, err = certsource.Parse(id.Cert, data, certsource.Options{FilesOnly: true, Passphrase: word})
		if err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	items, _, err := OfKind(art, certsource.Certificate)
	if err != nil {
		return nil, err
	}
	var certs []*x509.Certificate
	for _, item := range items {
		c, err := x509.ParseCertificate(item.DER)
		if err != nil {
			return nil, &cli.InputError{File: id.Cert, Err: err}
		}
		certs = append(certs, c)
	}
	return certs, nil
}

// identityKey reads the key from its file, its token, or the file of the
// certificate.
func identityKey(call *cli.Call, id Identity, data []byte, passphrase csrgen.Passphrase) (crypto.Signer, error) {
	if pkcs11.IsURI(id.Key) {
		key, closer, err := pkcs11.Open(id.Key, pkcs11.PIN(passphrase))
		if err != nil {
			return nil, err
		}
		call.AtEnd(closer)
		return key, nil
	}
	if id.Key == "" {
		if !strings.Contains(string(data), "PRIVATE KEY-----") {
			return nil, &IdentityError{Identity: id, Fault: KeyMissing}
		}
		return ReadKey(call, id.Cert, passphrase)
	}
	return ReadKey(call, id.Key, passphrase)
}

// openPKCS12 opens a PKCS#12 file, and asks for a passphrase only if the empty one
// is wrong.
func openPKCS12(id Identity, data []byte, passphrase csrgen.Passphrase) (crypto.Signer, []*x509.Certificate, error) {
	key, certs, err := certsource.OpenPKCS12(id.Cert, data, secret.Bytes{})
	if e, ok := cli.As[*certsource.PassphraseError](err); !ok || !e.Missing {
		return key, certs, err
	}
	word, err := passphrase()
	if err != nil {
		return nil, nil, err
	}
	return certsource.OpenPKCS12(id.Cert, data, word)
}
