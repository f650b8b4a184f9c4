package lab

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Files of the kept authorities, within the folder "ca" of Options.Dir. An
// authority has NAME.pem and NAME.key.
const (
	keptFolder    = "ca"
	keptTLSRoot   = "tls-root"
	keptRoot      = "issuer-root"
	keptAlternate = "alternate-root"
	keptIssuer    = "issuer"
	keptCross     = "issuer-cross"
	maxKeptFile   = 64 << 10
)

// openAuthorities loads the authorities kept in dir, or makes new ones and
// keeps them there. An empty dir keeps nothing.
func openAuthorities(dir string, now time.Time) (*authorities, error) {
	if dir == "" {
		return newAuthorities(now)
	}
	folder := filepath.Join(dir, keptFolder)
	if _, err := os.Stat(folder); err == nil {
		return loadAuthorities(folder, now)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("opening the kept CA: %w", err)
	}
	a, err := newAuthorities(now)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("keeping the CA: %w", err)
	}
	if err := a.keep(dir, folder); err != nil {
		// Another lab may have kept its own in the meantime: theirs hold.
		if _, statErr := os.Stat(folder); statErr == nil {
			return loadAuthorities(folder, now)
		}
		return nil, fmt.Errorf("keeping the CA: %w", err)
	}
	return a, nil
}

func (a *authorities) named() map[string]*authority {
	return map[string]*authority{
		keptTLSRoot: &a.tlsRoot, keptRoot: &a.issuerRoot, keptAlternate: &a.alternateRoot, keptIssuer: &a.issuer,
	}
}

// keep writes everything to a folder beside the final one and renames it, so
// that the final folder is whole or absent.
func (a *authorities) keep(dir, folder string) (err error) {
	temp, err := os.MkdirTemp(dir, keptFolder+".new-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(temp))
		}
	}()
	for name, auth := range a.named() {
		der, err := x509.MarshalPKCS8PrivateKey(auth.key)
		if err != nil {
			return err
		}
		key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
		if err := writeKept(filepath.Join(temp, name+".key"), key); err != nil {
			return err
		}
		if err := writeKept(filepath.Join(temp, name+".pem"), auth.pem()); err != nil {
			return err
		}
	}
	if err := writeKept(filepath.Join(temp, keptCross+".pem"), certificatePEM(a.cross.Raw)); err != nil {
		return err
	}
	return os.Rename(temp, folder)
}

// writeKept writes a new file that only its owner may read, durably.
func writeKept(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// loadAuthorities reads what keep wrote and checks that it still serves.
func loadAuthorities(folder string, now time.Time) (*authorities, error) {
	var a authorities
	for name, auth := range a.named() {
		var err error
		if auth.certificate, err = loadCertificate(filepath.Join(folder, name+".pem"), now); err != nil {
			return nil, fmt.Errorf("opening the kept CA: %w", err)
		}
		if auth.key, err = loadKey(filepath.Join(folder, name+".key")); err != nil {
			return nil, fmt.Errorf("opening the kept CA: %w", err)
		}
		if !auth.key.PublicKey.Equal(auth.certificate.PublicKey) {
			return nil, fmt.Errorf("opening the kept CA: %s.key and %[1]s.pem in %q do not belong together", name, folder)
		}
	}
	var err error
	if a.cross, err = loadCertificate(filepath.Join(folder, keptCross+".pem"), now); err != nil {
		return nil, fmt.Errorf("opening the kept CA: %w", err)
	}
	for _, link := range []struct{ child, parent *x509.Certificate }{
		{a.issuer.certificate, a.issuerRoot.certificate}, {a.cross, a.alternateRoot.certificate},
	} {
		if err := link.child.CheckSignatureFrom(link.parent); err != nil {
			return nil, fmt.Errorf("opening the kept CA: %q is not signed by %q: %w", link.child.Subject, link.parent.Subject, err)
		}
	}
	return &a, nil
}

// readKept reads the one PEM block of a file.
func readKept(path, kind string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxKeptFile {
		return nil, fmt.Errorf("%q has %d bytes, want at most %d", path, info.Size(), maxKeptFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != kind {
		return nil, fmt.Errorf("%q holds no PEM block %q", path, kind)
	}
	return block.Bytes, nil
}

func loadCertificate(path string, now time.Time) (*x509.Certificate, error) {
	der, err := readKept(path, "CERTIFICATE")
	if err != nil {
		return nil, err
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, err)
	}
	if now.After(c.NotAfter) {
		return nil, fmt.Errorf("%q expired at %s; remove its folder for a new CA", path, timestamp(c.NotAfter))
	}
	return c, nil
}

func loadKey(path string) (*ecdsa.PrivateKey, error) {
	der, err := readKept(path, "PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, err)
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%q holds a key of type %T, want ECDSA", path, key)
	}
	return ec, nil
}
