package enroll

import (
	"crypto/x509"
	"maps"
	"slices"

	"github.com/nfcert/nfcert/internal/layout"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/store"
)

// Installation is where files of an enrolment were put together, and how, so
// that those of its next certificate can be put there too.
type Installation struct {
	Layout         layout.Name       `json:"layout,omitempty"`
	Directory      string            `json:"directory,omitempty"` // absolute
	LegacyPKCS12   bool              `json:"legacyPkcs12,omitempty"`
	PassphraseFile string            `json:"passphraseFile,omitempty"` // its path alone
	SecretName     string            `json:"secretName,omitempty"`     // of the Kubernetes Secret; "": after the enrolment
	Annotations    []string          `json:"annotations,omitempty"`    // of that Secret, as KEY=VALUE
	Files          map[string]string `json:"files,omitempty"`          // single ones; "": not written, though the layout has it
}

// maxInstallations bounds how many places are remembered; the oldest is
// forgotten first.
const maxInstallations = 16

// installation is what o asks for, to be remembered.
func (o FinalizeOptions) installation() Installation {
	in := Installation{
		Layout: o.Layout.Name, Directory: o.Layout.Dir,
		LegacyPKCS12: o.Layout.LegacyPKCS12, PassphraseFile: o.Layout.PassphraseFile,
		SecretName: o.Layout.Secret.Name, Annotations: o.Layout.Secret.Annotations,
	}
	for _, out := range o.Outputs {
		if in.Files == nil {
			in.Files = map[string]string{}
		}
		in.Files[out.Kind] = out.Path
	}
	return in
}

// wantsPassphrase reports whether a PKCS#12 file is among its files.
func (in Installation) wantsPassphrase() bool {
	return in.Layout == layout.PKCS12 || in.Files[layout.KindPKCS12] != ""
}

// again turns an installation into the options that it came from. The
// certificate's own, such as its roots, are o's.
func (in Installation) again(o FinalizeOptions, passphrase secret.Bytes) FinalizeOptions {
	o.Layout = LayoutOptions{
		Name: in.Layout, Dir: in.Directory, LegacyPKCS12: in.LegacyPKCS12,
		PassphraseFile: in.PassphraseFile, Passphrase: passphrase,
		Secret: layout.Secret{Name: in.SecretName, Annotations: in.Annotations},
	}
	o.Outputs = nil
	for _, kind := range slices.Sorted(maps.Keys(in.Files)) {
		o.Outputs = append(o.Outputs, Output{Kind: kind, Path: in.Files[kind]})
	}
	o.Overwrite = true // what is there is the certificate that is renewed
	return o
}

// installedWith is the enrolment's list of installations with o's at its end. One
// that wrote any of the same files is replaced: those are o's now.
func (en *Enrolment) installedWith(o FinalizeOptions) ([]Installation, error) {
	paths := func(o FinalizeOptions) (list []string, err error) {
		files, err := o.target(en, en.NF).Plan()
		for _, f := range files {
			if !f.Shared {
				list = append(list, f.Path)
			}
		}
		return list, err
	}
	mine, err := paths(o)
	if err != nil {
		return nil, err
	}
	var kept []Installation
	for _, in := range en.Installed {
		theirs, err := paths(in.again(o, secret.Bytes{}))
		if err != nil || !slices.ContainsFunc(theirs, func(p string) bool { return slices.Contains(mine, p) }) {
			kept = append(kept, in)
		}
	}
	kept = append(kept, o.installation())
	return kept[max(0, len(kept)-maxInstallations):], nil
}

func sameInstallation(a, b Installation) bool {
	return a.Layout == b.Layout && a.Directory == b.Directory && a.LegacyPKCS12 == b.LegacyPKCS12 &&
		a.PassphraseFile == b.PassphraseFile && a.SecretName == b.SecretName &&
		slices.Equal(a.Annotations, b.Annotations) && maps.Equal(a.Files, b.Files)
}

// filesForAll makes the files of a new certificate for all its places.
func (r *run) filesForAll(chain []*x509.Certificate, places []FinalizeOptions) ([]store.File, error) {
	var files []store.File
	for _, o := range places {
		set, err := r.layOut(chain, o)
		if err != nil {
			return nil, err
		}
		for _, f := range set.Files {
			r.en.Certificate.Files[f.Kind] = f.Path
			if !r.keepShared(f, o) {
				files = append(files, store.File{Path: f.Path, Data: f.Data, Mode: f.Mode})
			}
		}
		if o.Layout.Name != "" {
			r.en.Certificate.Layout, r.en.Certificate.Configuration = o.Layout.Name, set.Configuration
		}
		for _, w := range set.Warnings {
			r.warn(StepRenew, "%s", w)
		}
	}
	return files, nil
}
