package commands

import (
	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

// previewDoc is what csr --dry-run prints: as show csr, without what only a CSR
// has that is kept.
type previewDoc struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	DryRun     bool   `json:"dryRun"`
	Unchanged  bool   `json:"unchanged,omitempty"`
	Adopted    bool   `json:"adopted,omitempty"`
	Profile    string `json:"profile,omitempty"`
	*requestDoc
	Warnings []string `json:"warnings,omitempty"`
}

// previewCSR shows the CSR that would be made.
func (a *Call) previewCSR(s *session, options enroll.CSROptions) error {
	p, err := s.engine.PreviewCSR(a.Global.name, options)
	if err != nil {
		return err
	}
	doc := newRequestDoc(certsource.Item{Kind: certsource.CSR, DER: p.DER})
	if !p.Unchanged && !p.Adopted {
		doc.fingerprints = fingerprints{} // each signature is another
	}
	if p.NewKey {
		doc.PublicKey.SHA256 = ""
	}
	if a.Global.output != outputTable {
		return ui.WriteJSON(a.Streams.Out, previewDoc{
			APIVersion: apiVersion, Kind: "CSR", DryRun: true, Unchanged: p.Unchanged, Adopted: p.Adopted,
			Profile: p.Profile, requestDoc: doc, Warnings: a.Progress.warnings(),
		})
	}
	a.Progress.done()
	page := a.newPage()
	f := page.section()
	f.Add("profile", p.Profile)
	if p.NewKey {
		f.AddNote("key to be made", doc.PublicKey.Type, "not yet")
	}
	doc.fields(f)
	if err := page.write(); err != nil {
		return err
	}
	switch {
	case p.Unchanged:
		a.Progress.note("this is the CSR that is there; nothing would change")
	default:
		a.Progress.note("nothing was made or saved")
	}
	return nil
}
