package enroll

import (
	"context"
	"crypto/x509"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/nfcert/nfcert/internal/layout"
	"github.com/nfcert/nfcert/internal/nf"
	"github.com/nfcert/nfcert/internal/store"
)

// What an output file can hold; also the keys of [Certificate].Files.
const (
	KindCert      = layout.KindCert
	KindChain     = layout.KindChain
	KindFullchain = layout.KindFullchain
	KindKey       = layout.KindKey
	KindCSR       = layout.KindCSR
)

// Output is one file to install by itself, as PEM.
type Output struct {
	Kind string
	Path string // absolute; "": not written, though the layout has it
}

// OutputError says that the outputs cannot be installed.
type OutputError struct{ Err error }

func (e *OutputError) Error() string { return "writing the files: " + e.Err.Error() }
func (e *OutputError) Unwrap() error { return e.Err }

// withoutKeyOf is withoutKey where the enrolment has a CSR and no key among its
// files; else o as it is.
func (o FinalizeOptions) withoutKeyOf(en *Enrolment) (FinalizeOptions, error) {
	if en.CSR == nil || en.CSR.KeyFile != "" {
		return o, nil
	}
	return o.withoutKey(KeylessError{Name: en.Name, URI: en.CSR.KeyURI})
}

// withoutKey refuses the key where o asks for it, and leaves it out of what it
// would come along with, when the enrolment has none among its files.
func (o FinalizeOptions) withoutKey(key KeylessError) (FinalizeOptions, error) {
	if o.NeedKey {
		return o, &key
	}
	o.keyless = key.reason()
	o.Outputs = slices.DeleteFunc(slices.Clone(o.Outputs), func(out Output) bool { return out.Kind == KindKey })
	return o, nil
}

// preflight refuses outputs that could not be installed, before the CA is asked
// for anything, so that no certificate is issued that cannot be installed. f is the function that it is to be for; nil: not known.
func (o FinalizeOptions) preflight(en *Enrolment, f *nf.Function) error {
	files, err := o.target(en, f).Plan()
	if err != nil {
		return err
	}
	var exists []string
	tried := map[string]bool{}
	for _, out := range files {
		switch found, err := o.inTheWay(out); {
		case err != nil:
			return &OutputError{err}
		case found:
			exists = append(exists, out.Path)
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
	if slices.ContainsFunc(files, func(f layout.File) bool { return f.Kind == layout.KindPKCS12 }) {
		return layout.CheckPassphrase(string(o.Layout.Passphrase.Reveal()))
	}
	return nil
}

// inTheWay reports whether something is at a file's place that must not be
// replaced.
func (o FinalizeOptions) inTheWay(out layout.File) (bool, error) {
	info, err := os.Stat(out.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err == nil && info.IsDir():
		err = errors.New("it is a directory")
	case err == nil && out.Shared && !o.Overwrite:
		// With the root still unknown all that can be said is whether it could
		// serve at all.
		return !sharedHolds(out.Path, o.Roots), nil
	}
	if err != nil {
		return false, &store.AccessError{Op: "writing", Path: out.Path, Err: err}
	}
	if !o.Overwrite {
		return true, nil
	}
	return false, store.CheckReplaceable(out.Path, out.Mode)
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
		return &store.AccessError{Op: "writing into", Path: dir, Err: errors.New("not a directory")}
	}
	return store.CheckWritable(dir)
}

// install puts the outputs in place, all or none, and saves where they are. That
// is saved before the first file has its name, so that a run which dies in
// between is ended by the next: it finds the same content.
func (r *run) install(chain []*x509.Certificate, o FinalizeOptions) error {
	if !o.installs() {
		r.expectHook(o)
		r.withNext()
		return nil
	}
	set, err := r.layOut(chain, o)
	if err != nil {
		return err
	}
	before, after := *r.en.Certificate, *r.en.Certificate
	after.Files = maps.Clone(before.Files)
	var files []store.File
	for _, f := range set.Files {
		after.Files[f.Kind] = f.Path
		if keep := r.keepShared(f, o); !keep {
			files = append(files, store.File{Path: f.Path, Data: f.Data, Mode: f.Mode})
		}
	}
	if o.Layout.Name != "" {
		after.Layout, after.Configuration = o.Layout.Name, set.Configuration
	}
	installed, err := r.en.installedWith(o)
	if err != nil {
		return err
	}
	if !r.changed && before.sameFiles(&after) && slices.EqualFunc(installed, r.en.Installed, sameInstallation) {
		err = placing(store.Install(files, store.InstallOptions{Overwrite: o.Overwrite}))
	} else {
		*r.en.Certificate, installed, r.en.Installed = after, r.en.Installed, installed
		expected := r.expectHook(o)
		if err = r.installWhileSaving(files, o.Overwrite); isOutput(err) { // nothing was placed
			*r.en.Certificate, r.en.Installed = before, installed
			if expected {
				r.en.journal().Swap = nil
			}
			r.withNext()
		}
	}
	for _, w := range set.Warnings {
		r.warn(StepFinalize, "%s", w)
	}
	return err
}

// expectHook notes that a hook is to be called once the files are in place, unless
// something is noted already.
func (r *run) expectHook(o FinalizeOptions) (noted bool) {
	if o.Hook == nil || r.en.Swapping() {
		return false
	}
	r.en.journal().Swap = &Swap{At: isoTime(r.now()), OnlyHook: true}
	return true
}

// callHook calls the hook if this run changed something, or if that of an earlier
// run has not ended well.
func (r *run) callHook(ctx context.Context, o FinalizeOptions, unchanged bool) error {
	owed := r.en.HookOwed()
	if o.Hook == nil || unchanged && !owed {
		return nil
	}
	if err := o.Hook(ctx, r.en); err != nil || !owed {
		return err
	}
	r.en.journal().Swap = nil
	return r.flush()
}

// installWhileSaving installs while the enrolment is saved. An [OutputError]
// says that it was saved and the files were not placed.
func (r *run) installWhileSaving(files []store.File, overwrite bool) error {
	done := make(chan error, 1)
	go func() { done <- r.flush() }()
	saved := sync.OnceValue(func() error { return <-done })
	err := store.Install(files, store.InstallOptions{Overwrite: overwrite, Ready: saved})
	if failed := saved(); failed != nil {
		return failed
	}
	return placing(err)
}

// sameFiles reports whether the files of two are in the same places and laid out
// in the same way.
func (c *Certificate) sameFiles(other *Certificate) bool {
	return maps.Equal(c.Files, other.Files) && c.Layout == other.Layout && slices.Equal(c.Configuration, other.Configuration)
}

func isOutput(err error) bool {
	var e *OutputError
	return errors.As(err, &e)
}

func placing(err error) error {
	if err != nil {
		return &OutputError{err}
	}
	return nil
}

// installAgain puts an issued certificate where o says.
func (r *run) installAgain(o FinalizeOptions) (unchanged bool, err error) {
	if !o.installs() {
		return true, nil
	}
	chain, err := r.savedChain()
	if err != nil {
		return false, err
	}
	if err := r.judgeAgain(chain, o); err != nil {
		return false, err
	}
	before := *r.en.Certificate
	if err := r.install(chain, o); err != nil {
		return false, err
	}
	return before.sameFiles(r.en.Certificate), nil
}

// judgeAgain has a certificate that is installed once more judged: by then other
// options may apply.
func (r *run) judgeAgain(chain []*x509.Certificate, o FinalizeOptions) error {
	if o.Judge == nil {
		return nil
	}
	csr, err := r.readCSR()
	if err != nil {
		return err
	}
	if reasons := o.Judge(r.en.issuedFor(csr, chain)); len(reasons) > 0 {
		return &CertificateError{Name: r.en.Name, Reasons: reasons, Chain: chain, Judged: true}
	}
	return nil
}

// Content is one of an issued enrolment's files as PEM; empty: it has none.
func (e *Engine) Content(en *Enrolment, kind string) ([]byte, error) {
	r := e.reader(en)
	chain, err := r.savedChain()
	if err != nil {
		return nil, err
	}
	issued, err := r.issued(chain)
	if err != nil {
		return nil, err
	}
	return layout.Content(kind, issued)
}
