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

const (
	caFolder  = "ca" // in Options.Dir
	crossFile = "issuer-cross.pem"
	maxCAFile = 64 << 10
)

// files names the files of the authorities: each has NAME.pem and NAME.key.
func (a *authorities) files() map[string]*authority {
	return map[string]*authority{
		"tls-root": &a.tlsRoot, "issuer-root": &a.issuerRoot, "alternate-root": &a.alternateRoot, "issuer": &a.issuer,
	}
}

// openAuthorities loads the authorities from dir, or makes new ones and saves
// them there. With an empty dir nothing is saved.
func openAuthorities(dir string, now time.Time) (*authorities, error) {
	if dir == "" {
		return newAuthorities(now)
	}
	folder := filepath.Join(dir, caFolder)
	if _, err := os.Stat(folder); err == nil {
		return loadAuthorities(folder, now)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("loading the saved CA: %w", err)
	}
	a, err := newAuthorities(now)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("saving the CA: %w", err)
	}
	if err := a.save(dir, folder); err != nil {
		// Another lab may have saved its CA in the meantime; then use that.
		if _, statErr := os.Stat(folder); statErr == nil {
			return loadAuthorities(folder, now)
		}
		return nil, fmt.Errorf("saving the CA: %w", err)
	}
	return a, nil
}

// save writes all files to a temporary folder and renames it, so that the final
// folder is complete or absent.
func (a *authorities) save(dir, folder string) (err error) {
	temp, err := os.MkdirTemp(dir, caFolder+".new-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(temp))
		}
	}()
	for name, auth := range a.files() {
		if err := writeDurably(filepath.Join(temp, name+".key"), keyToPEM(auth.key)); err != nil {
			return err
		}
		if err := writeDurably(filepath.Join(temp, name+".pem"), auth.pem()); err != nil {
			return err
		}
	}
	if err := writeDurably(filepath.Join(temp, crossFile), certificatePEM(a.cross.Raw)); err != nil {
		return err
	}
	return os.Rename(temp, folder)
}

// writeDurably writes a new file that only its owner may read, and syncs it.
func writeDurably(path string, data []byte) error {
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

// loadAuthorities reads what save wrote, and checks that it is still usable.
func loadAuthorities(folder string, now time.Time) (*authorities, error) {
	var a authorities
	for name, auth := range a.files() {
		var err error
		if auth.certificate, err = loadCertificate(filepath.Join(folder, name+".pem"), now); err != nil {
			return nil, fmt.Errorf("loading the saved CA: %w", err)
		}
		if auth.key, err = loadKey(filepath.Join(folder, name+".key")); err != nil {
			return nil, fmt.Errorf("loading the saved CA: %w", err)
		}
		if !auth.key.PublicKey.Equal(auth.certificate.PublicKey) {
			return nil, fmt.Errorf("loading the saved CA: %s.key in %q is not the key of %[1]s.pem", name, folder)
		}
	}
	var err error
	if a.cross, err = loadCertificate(filepath.Join(folder, crossFile), now); err != nil {
		return nil, fmt.Errorf("loading the saved CA: %w", err)
	}
	for _, link := range []struct{ child, parent *x509.Certificate }{
		{a.issuer.certificate, a.issuerRoot.certificate}, {a.cross, a.alternateRoot.certificate},
	} {
		if err := link.child.CheckSignatureFrom(link.parent); err != nil {
			return nil, fmt.Errorf("loading the saved CA: %q is not signed by %q: %w", link.child.Subject, link.parent.Subject, err)
		}
	}
	return &a, nil
}

// readPEM reads the first PEM block of a file.
func readPEM(path, kind string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxCAFile {
		return nil, fmt.Errorf("%q has %d bytes, want at most %d", path, info.Size(), maxCAFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != kind {
		return nil, fmt.Errorf("%q has no PEM block of type %q", path, kind)
	}
	return block.Bytes, nil
}

func loadCertificate(path string, now time.Time) (*x509.Certificate, error) {
	der, err := readPEM(path, "CERTIFICATE")
	if err != nil {
		return nil, err
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, err)
	}
	if now.After(c.NotAfter) {
		return nil, fmt.Errorf("%q expired at %s; remove its folder to get a new CA", path, timestamp(c.NotAfter))
	}
	return c, nil
}

func loadKey(path string) (*ecdsa.PrivateKey, error) {
	der, err := readPEM(path, "PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, err)
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%q has a key of type %T, want ECDSA", path, key)
	}
	return ec, nil
}
