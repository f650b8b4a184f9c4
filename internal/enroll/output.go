package enroll

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/store"
)

// What an output file can hold; also the keys of [Certificate].Files.
const (
	KindCert      = "cert"      // the certificate alone
	KindChain     = "chain"     // its issuers
	KindFullchain = "fullchain" // both, leaf first
	KindKey       = "key"       // PKCS#8
	KindCSR       = "csr"
)

// Output is one file to install, as PEM.
type Output struct {
	Kind string
	Path string // absolute
}

// mode keeps keys to their owner; certificates are public.
func (o Output) mode() fs.FileMode {
	if o.Kind == KindKey {
		return 0o600
	}
	return 0o644
}

// OutputError says that the outputs cannot be installed where they are wanted.
type OutputError struct{ Err error }

func (e *OutputError) Error() string { return "writing the files: " + e.Err.Error() }
func (e *OutputError) Unwrap() error { return e.Err }

// without refuses the key where o asks for it, and leaves it out of what it
// would come along with, when the enrolment has none among its files.
func (o FinalizeOptions) without(key KeylessError) (FinalizeOptions, error) {
	if o.NeedKey {
		return o, &key
	}
	o.Outputs = slices.DeleteFunc(slices.Clone(o.Outputs), func(out Output) bool { return out.Kind == KindKey })
	return o, nil
}

// Preflight refuses outputs that could not be installed, before the CA is asked
// for anything: a certificate that cannot be put where it belongs is better not
// issued.
func (o FinalizeOptions) Preflight() error {
	var exists []string
	tried := map[string]bool{}
	for _, out := range o.Outputs {
		switch info, err := os.Stat(out.Path); {
		case err == nil && info.IsDir():
			return &OutputError{&store.AccessError{Op: "writing", Path: out.Path, Err: errors.New("it is a directory")}}
		case err == nil && !o.Overwrite:
			exists = append(exists, out.Path)
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return &OutputError{&store.AccessError{Op: "writing", Path: out.Path, Err: err}}
		}
		dir := filepath.Dir(out.Path)
		if tried[dir] {
			continue
		}
		tried[dir] = true
		if err := writable(dir); err != nil {
			return &OutputError{err}
		}
	}
	if len(exists) > 0 {
		return &OutputError{&store.ExistsError{Paths: exists}}
	}
	return nil
}

// writable tries a directory, or the parent of one that is to be made.
func writable(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		parent := filepath.Dir(dir)
		if info, err = os.Stat(parent); err == nil {
			dir = parent
		}
	}
	if err != nil {
		return &store.AccessError{Op: "writing into", Path: dir, Err: err}
	}
	if !info.IsDir() {
		return &store.AccessError{Op: "writing into", Path: dir, Err: errors.New("it is no directory")}
	}
	f, err := os.CreateTemp(dir, ".nfcert-*")
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err // the file's made-up name tells nothing
	}
	if err != nil {
		return &store.AccessError{Op: "writing into", Path: dir, Err: err}
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// install puts the outputs in place, all or none, and saves where they are. That
// is saved before the first file has its name, so that a run which dies in
// between is ended by the next: it finds the same content.
func (e *Engine) install(en *Enrolment, chain []*x509.Certificate, o FinalizeOptions) error {
	if len(o.Outputs) == 0 {
		return e.save(en)
	}
	content, err := e.contents(en, chain)
	if err != nil {
		return err
	}
	var files []store.File
	placed := maps.Clone(en.Certificate.Files)
	for _, out := range o.Outputs {
		data, ok := content[out.Kind]
		if !ok {
			return fmt.Errorf("there is no output of kind %q", out.Kind)
		}
		if len(data) == 0 { // a CA that sends no issuer
			continue
		}
		files = append(files, store.File{Path: out.Path, Data: data, Mode: out.mode()})
		placed[out.Kind] = out.Path
	}
	before := en.Certificate.Files
	if !e.unsaved && maps.Equal(before, placed) {
		return placing(store.Install(files, store.InstallOptions{Overwrite: o.Overwrite}))
	}
	en.Certificate.Files = placed
	done := make(chan error, 1)
	go func() { done <- e.save(en) }()
	saved := sync.OnceValue(func() error { return <-done })
	err = store.Install(files, store.InstallOptions{Overwrite: o.Overwrite, Ready: saved})
	if failed := saved(); failed != nil {
		return failed
	}
	if err != nil {
		en.Certificate.Files = before
		return errors.Join(placing(err), e.save(en))
	}
	return nil
}

func placing(err error) error {
	if err != nil {
		return &OutputError{err}
	}
	return nil
}

// contents makes what the outputs can hold.
func (e *Engine) contents(en *Enrolment, chain []*x509.Certificate) (map[string][]byte, error) {
	request, err := e.Store.ReadFile(requestFile(en.Name))
	if err != nil {
		return nil, &KeyFileError{Path: e.Store.Path(requestFile(en.Name)), Err: err}
	}
	content := map[string][]byte{
		KindCert: acmewire.EncodePEM(chain[:1]), KindChain: acmewire.EncodePEM(chain[1:]),
		KindFullchain: acmewire.EncodePEM(chain), KindCSR: request,
	}
	if en.CSR.KeyFile == "" {
		return content, nil
	}
	if content[KindKey], err = e.Store.ReadFile(keyFile(en.Name)); err != nil {
		return nil, &KeyFileError{Path: e.Store.Path(keyFile(en.Name)), Err: err}
	}
	return content, nil
}

// installAgain puts an issued certificate where o wants it.
func (e *Engine) installAgain(en *Enrolment, o FinalizeOptions) (unchanged bool, err error) {
	if len(o.Outputs) == 0 {
		return true, nil
	}
	chain, err := e.savedChain(en)
	if err != nil {
		return false, err
	}
	before := en.Certificate.Files
	if err := e.install(en, chain, o); err != nil {
		return false, err
	}
	return maps.Equal(before, en.Certificate.Files), nil
}

// Content is one of an issued enrolment's files as PEM.
func (e *Engine) Content(en *Enrolment, kind string) ([]byte, error) {
	chain, err := e.savedChain(en)
	if err != nil {
		return nil, err
	}
	content, err := e.contents(en, chain)
	if err != nil {
		return nil, err
	}
	return content[kind], nil
}
