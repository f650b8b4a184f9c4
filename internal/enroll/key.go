package enroll

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"

	"github.com/nfcert/nfcert/internal/csrgen"
)

// enrolmentKey keeps the saved key where it is the wanted one, and saves the
// wanted one otherwise; a token's key stays where it is. The caller
// calls done when it has signed.
func (r *run) enrolmentKey(want CSROptions) (key crypto.Signer, done func(), err error) {
	done = func() {}
	if want.KeyURI != "" {
		if key, done, err = r.openKey(want.KeyURI); err != nil {
			return nil, nil, err
		}
		_, err = r.keepKey(func(crypto.PublicKey) bool { return false })
		return key, done, err
	}
	key, err = r.keepKey(want.fits)
	if err != nil || key != nil {
		return key, done, err
	}
	if key = want.Key; key == nil {
		if key, err = csrgen.GenerateKey(want.KeyType); err != nil {
			return nil, nil, err
		}
	}
	return key, done, r.saveKey(key)
}

// previewKey is enrolmentKey that changes nothing; nil: a key would be made.
func (r *run) previewKey(want CSROptions) (key crypto.Signer, done func(), err error) {
	done = func() {}
	switch {
	case want.KeyURI != "":
		return r.openKey(want.KeyURI)
	case want.Key != nil:
		return want.Key, done, nil
	}
	saved, err := r.savedKey()
	if saved != nil && !want.fits(saved.Public()) {
		saved = nil
	}
	return saved, done, err
}

// fits reports whether a key is the one wanted.
func (o CSROptions) fits(key crypto.PublicKey) bool {
	if o.Key != nil {
		return csrgen.SameKey(key, o.Key.Public())
	}
	return csrgen.KeyTypeOf(key) == string(o.KeyType)
}

func (r *run) saveKey(key crypto.Signer) error {
	data, err := csrgen.MarshalKey(key)
	if err != nil {
		return err
	}
	return r.Store.CreateKeyFor(r.en.file(keyPEM), data)
}

// keepKey returns the saved key when it fits and removes it when not; nil: no
// key.
func (r *run) keepKey(fits func(crypto.PublicKey) bool) (crypto.Signer, error) {
	saved, err := r.savedKey()
	if err != nil || saved == nil || fits(saved.Public()) {
		return saved, err
	}
	// No certificate was issued for this key, so nothing is lost with it.
	r.warn(StepCSR, "the %s key that was made before is replaced; no certificate was issued for it", csrgen.KeyTypeOf(saved.Public()))
	return nil, r.Store.Remove(r.en.file(keyPEM))
}

// savedKey is the enrolment's key; nil: none.
func (r *run) savedKey() (crypto.Signer, error) {
	if r.en.Name == "" { // of a preview
		return nil, nil
	}
	key, err := r.readKey(r.en.file(keyPEM))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return key, err
}

// openKey opens a key that stays where it is. The caller calls done.
func (e *Engine) openKey(uri string) (key crypto.Signer, done func(), err error) {
	if e.OpenKey == nil {
		return nil, nil, fmt.Errorf("opening the key %s: this program cannot open keys by URI", uri)
	}
	key, closer, err := e.OpenKey(uri)
	if err != nil {
		return nil, nil, err
	}
	return key, func() { _ = closer.Close() }, nil // the signature is made by then
}

// keyFits makes sure that the saved key is the one the CSR is signed with. An
// enrolment without its key has proof in the CSR's signature.
func (r *run) keyFits(csr *x509.CertificateRequest) error {
	if r.en.CSR.KeyFile == "" {
		return nil
	}
	rel := r.en.file(keyPEM)
	key, err := r.readKey(rel)
	if err != nil {
		return err
	}
	if !csrgen.SameKey(key.Public(), csr.PublicKey) {
		return &KeyFileError{Path: r.Store.Path(rel), Err: errors.New("it is not the key of the enrolment's CSR")}
	}
	return nil
}
