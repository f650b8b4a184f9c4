package enroll

import (
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/layout"
	"github.com/nfcert/nfcert/internal/nf"
	"github.com/nfcert/nfcert/internal/secret"
)

// LayoutOptions say which files a core needs. The zero value makes none.
type LayoutOptions struct {
	Name       layout.Name
	Dir        string       // absolute
	Passphrase secret.Bytes // of a PKCS#12 file
	// PassphraseFile is where the passphrase came from, for the renewal; "": not
	// from a file.
	PassphraseFile string
	LegacyPKCS12   bool // encrypted for old readers
	Secret         layout.Secret
}

// installs reports whether anything is to be put anywhere.
func (o FinalizeOptions) installs() bool { return o.Layout.Name != "" || len(o.Outputs) > 0 }

// target is what an enrolment's files are laid out for.
func (o FinalizeOptions) target(en *Enrolment, f *nf.Function) layout.Target {
	t := layout.Target{
		Layout: o.Layout.Name, Dir: o.Layout.Dir, Enrolment: en.Name,
		Secret: o.Layout.Secret, Keyless: o.keyless, Paths: make(map[string]string, len(o.Outputs)),
	}
	if f != nil {
		t.NFType = f.Type
	}
	for _, out := range o.Outputs {
		t.Paths[out.Kind] = out.Path
	}
	return t
}

// function is the network function that the enrolment will have by this plan.
func (p csrPlan) function(en *Enrolment) *nf.Function {
	switch {
	case p.unchanged:
		return en.NF
	case p.adopt != nil:
		return functionOf(p.adopt)
	}
	return p.want.Function
}

// reason says why there is no key, as a fact of the enrolment.
func (e *KeylessError) reason() string {
	if e.URI != "" {
		return "it stays in the token"
	}
	return "the CSR was adopted without it"
}

// layOut makes the files.
func (r *run) layOut(chain []*x509.Certificate, o FinalizeOptions) (*layout.Set, error) {
	issued, err := r.issued(chain)
	if err != nil {
		return nil, err
	}
	if issued.Roots, err = r.roots(chain, o); err != nil {
		return nil, err
	}
	issued.Passphrase, issued.LegacyPKCS12 = o.Layout.Passphrase, o.Layout.LegacyPKCS12
	return layout.Build(o.target(r.en, r.en.NF), issued)
}

// issued gathers what there is to lay out, but for the roots.
func (r *run) issued(chain []*x509.Certificate) (layout.Issued, error) {
	in := layout.Issued{Chain: chain}
	var err error
	if in.CSR, err = r.Store.ReadFile(r.en.file(requestPEM)); err != nil {
		return in, &KeyFileError{Path: r.Store.Path(r.en.file(requestPEM)), Err: err}
	}
	if r.en.CSR.KeyFile == "" {
		return in, nil
	}
	if in.Key, err = r.Store.ReadFile(r.en.file(keyPEM)); err != nil {
		return in, &KeyFileError{Path: r.Store.Path(r.en.file(keyPEM)), Err: err}
	}
	return in, nil
}

// attachAnchor saves the root that a chain verifies to, unless the CA sent it:
// the files of a core name it, also when they are laid out again without
// anybody naming the root then.
func (r *run) attachAnchor(chain candidate) {
	if chain.state == ChainVerified && !slices.ContainsFunc(chain.Certificates, chain.anchor.Equal) {
		r.attach(r.en.file(anchorPEM), acmewire.EncodePEM([]*x509.Certificate{chain.anchor}))
	}
}

// roots are what the chain verifies to: the saved root, or one found as it was
// found at first. None: the chain was only verified link by link.
func (r *run) roots(chain []*x509.Certificate, o FinalizeOptions) ([]*x509.Certificate, error) {
	rel := r.en.file(anchorPEM)
	data, err := r.readFile(rel)
	if errors.Is(err, fs.ErrNotExist) {
		state, anchor, err := verifyChain(chain, o, x509.VerifyOptions{CurrentTime: r.now()})
		if err != nil || state != ChainVerified {
			return nil, nil // accepted once, and now expired, or by roots not given now
		}
		return []*x509.Certificate{anchor}, nil
	}
	if err != nil {
		return nil, &KeyFileError{Path: r.Store.Path(rel), Err: err}
	}
	roots, err := ParseCertificates(data)
	if err != nil {
		return nil, &KeyFileError{Path: r.Store.Path(rel), Err: err}
	}
	return roots, nil
}

// maxShared bounds a CA file that is read, in bytes.
const maxShared = 1 << 20

// keepShared reports whether a file that serves other NFs too stays as it is,
// since all that is to be in it is there. Replacing one may remove
// the trust of others, which causes a warning.
func (e *Engine) keepShared(f layout.File, o FinalizeOptions) bool {
	if !f.Shared {
		return false
	}
	wanted, err := ParseCertificates(f.Data)
	if err != nil {
		return false
	}
	if sharedHolds(f.Path, wanted) {
		return true
	}
	if there, err := sharedCertificates(f.Path); err == nil && o.Overwrite {
		e.warn(StepFinalize, "%s is replaced, and others may have trusted the %d certificates in it", f.Path, len(there))
	}
	return false
}

// sharedHolds reports whether a CA file is there, readable, and has all of the
// certificates.
func sharedHolds(path string, wanted []*x509.Certificate) bool {
	there, err := sharedCertificates(path)
	if err != nil {
		return false
	}
	for _, c := range wanted {
		if !slices.ContainsFunc(there, c.Equal) {
			return false
		}
	}
	return true
}

func sharedCertificates(path string) ([]*x509.Certificate, error) {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() { // opening a pipe would wait
		return nil, errors.Join(err, errors.New("not a regular file"))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxShared))
	if err != nil {
		return nil, err
	}
	return ParseCertificates(data)
}
