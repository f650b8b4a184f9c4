package commands

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/pkcs11"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/ui"
)

// identity says what a TLS client proves itself by (TS 33.310 Annex J.2.1). The
// zero value is nobody.
type identity struct {
	cert string // file with the certificate: PEM, DER or PKCS#12
	key  string // file of its key, or a pkcs11: URI; "": it is in the file of cert
	// passphraseFile opens the key, - for standard input; "": the variable, or
	// who sits at the terminal.
	passphraseFile string
	// flag is the beginning of the flags and the variable, "" for client: with
	// ta-client they are --ta-client-cert and NFCERT_TA_CLIENT_PASSPHRASE.
	flag string
}

// flagName is one of the identity's flags.
func (id identity) flagName(end string) string { return first(id.flag, "client") + "-" + end }

// passphraseVariable has the passphrase when no file does.
func (id identity) passphraseVariable() string { return envName(id.flagName("passphrase")) }

// clientIdentity reads the certificate that the client shows, with its issuers
// as far as they are in the file, and its key. What every server refuses is
// refused here, before anything is sent: its error is an *identityError then. A
// token's key stays open until the command ends. nil: id is nobody.
func (a *App) clientIdentity(id identity) (*tls.Certificate, error) {
	if id.cert == "" {
		return nil, nil
	}
	data, err := readFile(id.cert, maxPEM)
	if err != nil {
		return nil, err
	}
	passphrase := a.passphraseOnce(id)
	var key crypto.Signer
	var certs []*x509.Certificate
	if id.key == "" && certsource.IsPKCS12(data) {
		key, certs, err = openPKCS12(id, data, passphrase)
	} else if certs, err = identityCertificates(id, data, passphrase); err == nil {
		key, err = a.identityKey(id, data, passphrase)
	}
	if err != nil {
		return nil, named(id, err)
	}
	return assemble(id, key, certs, a.clock())
}

// assemble puts the certificate of the key first and its issuers after it
// (RFC 8446 4.4.2), whatever the order in the file.
func assemble(id identity, key crypto.Signer, certs []*x509.Certificate, now time.Time) (*tls.Certificate, error) {
	own := slices.IndexFunc(certs, func(c *x509.Certificate) bool {
		public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
		return ok && public.Equal(c.PublicKey)
	})
	if own < 0 {
		return nil, &identityError{identity: id, Fault: keyForeign, Certificate: certs[0]}
	}
	leaf := certs[own]
	if fault := unfitClient(leaf, now); fault != "" {
		return nil, &identityError{identity: id, Fault: fault, Certificate: leaf, Now: now}
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

// unfitClient says why no server that checks takes a certificate from a client.
func unfitClient(c *x509.Certificate, now time.Time) identityFault {
	serves := func(u x509.ExtKeyUsage) bool {
		return u == x509.ExtKeyUsageClientAuth || u == x509.ExtKeyUsageAny
	}
	switch {
	case now.After(c.NotAfter):
		return certExpired
	case now.Before(c.NotBefore):
		return certEarly
	case len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) > 0 && !slices.ContainsFunc(c.ExtKeyUsage, serves):
		return certPurpose
	}
	return ""
}

// identityCertificates reads the certificates of a file in any form.
func identityCertificates(id identity, data []byte, passphrase csrgen.Passphrase) ([]*x509.Certificate, error) {
	contents, err := certsource.Parse(id.cert, data, certsource.Options{FilesOnly: true})
	if e, ok := as[*certsource.PassphraseError](err); ok && e.Missing {
		word, err := passphrase()
		if err != nil {
			return nil, err
		}
		contents, err = certsource.Parse(id.cert, data, certsource.Options{FilesOnly: true, Passphrase: word})
		if err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	items, _, err := ofKind(contents, certsource.Certificate)
	if err != nil {
		return nil, err
	}
	var certs []*x509.Certificate
	for _, item := range items {
		c, err := x509.ParseCertificate(item.DER)
		if err != nil {
			return nil, &inputError{File: id.cert, Err: err}
		}
		certs = append(certs, c)
	}
	return certs, nil
}

// identityKey reads the key from its own file, its token, or beside the
// certificate.
func (a *App) identityKey(id identity, data []byte, passphrase csrgen.Passphrase) (crypto.Signer, error) {
	if pkcs11.IsURI(id.key) {
		key, closer, err := pkcs11.Open(id.key, pkcs11.PIN(passphrase))
		if err != nil {
			return nil, err
		}
		a.atEnd = append(a.atEnd, closer)
		return key, nil
	}
	if id.key == "" {
		if !strings.Contains(string(data), "PRIVATE KEY-----") {
			return nil, &identityError{identity: id, Fault: keyMissing}
		}
		return a.readKey(id.cert, passphrase)
	}
	return a.readKey(id.key, passphrase)
}

// openPKCS12 opens a PFX, with a passphrase when the empty one does not.
func openPKCS12(id identity, data []byte, passphrase csrgen.Passphrase) (crypto.Signer, []*x509.Certificate, error) {
	key, certs, err := certsource.OpenPKCS12(id.cert, data, secret.Bytes{})
	if e, ok := as[*certsource.PassphraseError](err); !ok || !e.Missing {
		return key, certs, err
	}
	word, err := passphrase()
	if err != nil {
		return nil, nil, err
	}
	return certsource.OpenPKCS12(id.cert, data, word)
}

// passphraseOnce gives the passphrase, asking for it once.
func (a *App) passphraseOnce(id identity) csrgen.Passphrase {
	var kept *secret.Bytes
	return func() (secret.Bytes, error) {
		if kept != nil {
			return *kept, nil
		}
		word, err := a.askPassphrase(id)
		if err == nil {
			kept = &word
		}
		return word, err
	}
}

func (a *App) askPassphrase(id identity) (secret.Bytes, error) {
	if id.passphraseFile != "" {
		return a.readPassphrase(id.passphraseFile)
	}
	if word := a.env(id.passphraseVariable()); word != "" {
		return secret.New([]byte(word)), nil
	}
	of := first(id.key, id.cert)
	word, err := a.prompter().Secret(fmt.Sprintf("Passphrase or PIN of %s:", of))
	if errors.Is(err, ui.ErrNoTerminal) || errors.Is(err, io.EOF) {
		return secret.Bytes{}, &passphraseError{Key: of}
	}
	return secret.New([]byte(word)), err
}
