package enroll

import (
	"errors"
	"io/fs"

	"github.com/nfcert/nfcert/internal/csrgen"
)

// Preview is what [Engine.CSR] would make of the same wishes.
type Preview struct {
	DER       []byte // of the CSR
	Profile   string // "": adopted, and none was given
	Unchanged bool   // it is the saved one
	Adopted   bool
	// NewKey says that the key is to be made. The one in DER is forgotten; only
	// its type is kept.
	NewKey bool
}

// PreviewCSR checks as [Engine.CSR] does and saves nothing. name may be "", for
// an enrolment that does not exist yet.
func (e *Engine) PreviewCSR(name string, o CSROptions) (*Preview, error) {
	en := &Enrolment{}
	if name != "" {
		var err error
		if en, err = Load(e.Store, name); errors.Is(err, fs.ErrNotExist) {
			en, err = &Enrolment{Name: name}, nil
		}
		if err != nil {
			return nil, err
		}
	}
	r := e.reader(en)
	plan, err := r.planCSR(o)
	if err != nil {
		return nil, err
	}
	p := &Preview{Profile: plan.want.Profile, Unchanged: plan.unchanged, Adopted: plan.adopt != nil}
	switch {
	case plan.adopt != nil:
		p.DER = plan.adopt.Raw
		return p, nil
	case plan.unchanged:
		csr, err := r.readCSR()
		if err != nil {
			return nil, err
		}
		p.DER = csr.Raw
		return p, nil
	}
	key, done, err := r.previewKey(plan.want)
	if err != nil {
		return nil, err
	}
	defer done()
	p.NewKey = key == nil
	if p.NewKey {
		if key, err = csrgen.GenerateKey(plan.want.KeyType); err != nil {
			return nil, err
		}
	}
	p.DER, err = csrgen.Create(key, plan.request)
	return p, err
}
