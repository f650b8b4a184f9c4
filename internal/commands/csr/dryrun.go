package csr

import (
	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/commands/view"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

// previewDoc is what csr --dry-run prints: the document of show csr, without what
// differs each time a CSR is created.
type previewDoc struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	DryRun     bool   `json:"dryRun"`
	Unchanged  bool   `json:"unchanged,omitempty"`
	Adopted    bool   `json:"adopted,omitempty"`
	Profile    string `json:"profile,omitempty"`
	*view.RequestDoc
	Warnings []string `json:"warnings,omitempty"`
}

// previewCSR shows the CSR that a run without --dry-run would create.
func previewCSR(call *cli.Call, s *session.Session, options enroll.CSROptions) error {
	p, err := s.Engine.PreviewCSR(call.Global.Name, options)
	if err != nil {
		return err
	}
	doc := view.NewRequestDoc(certsource.Item{Kind: certsource.CSR, DER: p.DER})
	if !p.Unchanged && !p.Adopted {
		doc.Fingerprints = view.Fingerprints{} // each signature is different
	}
	if p.NewKey {
		doc.PublicKey.SHA256 = ""
	}
	if call.Global.Output != cli.OutputTable {
		return ui.WriteJSON(call.Streams.Out, previewDoc{
			APIVersion: cli.APIVersion, Kind: "CSR", DryRun: true, Unchanged: p.Unchanged, Adopted: p.Adopted,
			Profile: p.Profile, RequestDoc: doc, Warnings: call.Progress.Warnings(),
		})
	}
	call.Progress.Done()
	page := view.NewPage(call)
	f := page.Section()
	f.Add("profile", p.Profile)
	if p.NewKey {
		f.AddNote("key to be made", doc.PublicKey.Type, "not created yet")
	}
	doc.Fields(f)
	if err := page.Write(); err != nil {
		return err
	}
	switch {
	case p.Unchanged:
		call.Progress.Note("the CSR exists already; nothing would change")
	default:
		call.Progress.Note("nothing was created or saved")
	}
	return nil
}
