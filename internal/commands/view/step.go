package view

import (
	"fmt"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/layout"
	"github.com/nfcert/nfcert/internal/ui"
)

// PrintStep prints what a step changed, as changed adds it, and what comes next.
// That is for a terminal: a pipe or a document gets all of [PrintEnrolment], which
// scripts rely on.
func PrintStep(call *cli.Call, en *enroll.Enrolment, unchanged bool, changed func(*ui.Fields, *enroll.Enrolment)) error {
	if !call.Streams.OutTTY || call.Global.Output != cli.OutputTable {
		return PrintEnrolment(call, en, unchanged)
	}
	f := &ui.Fields{Now: call.Clock(), Paint: call.Streams.OutPaint()}
	f.Add("name", en.Name)
	changed(f, en)
	return printFields(call, en, unchanged, f)
}

// CSRChanged adds the key and the CSR.
func CSRChanged(f *ui.Fields, en *enroll.Enrolment) {
	if en.NF != nil {
		f.AddNote("nf", en.NF.Type, string(en.NF.InstanceID))
		for _, name := range en.NF.FQDNs {
			f.Add("fqdn", name)
		}
		for _, uri := range en.NF.URIs {
			f.Add("uri", uri)
		}
	}
	if en.CSR != nil {
		f.Add("profile", en.CSR.Profile)
		f.Add("key", keyLocation(en.CSR))
		f.Add("csr", en.CSR.File)
	}
}

// OrderChanged adds the order. Of authorizations that are not valid it adds the
// challenges: what to publish, and what failed.
func OrderChanged(f *ui.Fields, en *enroll.Enrolment) {
	o := en.Order
	if o == nil {
		f.Add("status", Status(en))
		return
	}
	f.Add("order", o.URL)
	f.AddNote("status", string(o.Status), expiry(o))
	if o.Error != nil {
		f.Add("error", o.Error.String())
	}
	open := map[enroll.Identifier]enroll.Status{}
	for _, auth := range o.Authorizations {
		if auth.Status != enroll.Valid {
			open[auth.Identifier] = auth.Status
		}
	}
	for _, id := range o.Identifiers {
		f.AddNote("identifier", id.String(), string(open[id]))
	}
	for _, auth := range o.Authorizations {
		if auth.Status == enroll.Valid {
			continue
		}
		for _, c := range auth.Challenges {
			switch {
			case c.Error != nil:
				f.Add("challenge", fmt.Sprintf("%s %s: %s", c.Type, c.Status, c.Error.String()))
			case c.Publish != nil && auth.Status == enroll.Pending:
				f.AddNote("challenge", fmt.Sprintf("%s %s", c.Type, c.Status), auth.Identifier.String())
				addPublish(f, c.Publish)
			}
		}
	}
}

// expiry says until when an order that is not finished can be used.
func expiry(o *enroll.Order) string {
	if o.Expires.IsZero() || o.Status == enroll.Valid || o.Status == enroll.Invalid {
		return ""
	}
	return "expires " + ui.Time(o.Expires)
}

// CertificateChanged adds the certificate and the files, or the order when the CA
// has not issued a certificate yet.
func CertificateChanged(f *ui.Fields, en *enroll.Enrolment) {
	c := en.Certificate
	if c == nil {
		OrderChanged(f, en)
		return
	}
	for _, reason := range c.Rejected {
		f.Add("rejected", reason)
	}
	f.Add("serial", c.Serial)
	f.Add("issuer", c.Issuer)
	f.Add("not before", c.NotBefore)
	f.Add("not after", c.NotAfter)
	anchor := ""
	if c.Anchor != "" {
		anchor = "to " + c.Anchor
	}
	f.AddNote("chain", string(c.Chain), anchor)
	for _, d := range c.Differences {
		f.Add("difference", difference(string(d.Severity), d.Field, d.Requested, d.Issued, d.Clause))
	}
	for _, kind := range layout.Kinds() {
		f.Add(kind+" file", c.Files[kind])
	}
}

// RevocationChanged adds the revoked certificate: the previous one when it has that
// fingerprint, else the current one.
func RevocationChanged(f *ui.Fields, en *enroll.Enrolment, sha256 string) {
	c := en.Certificate
	if p := en.Previous; p != nil && sha256 == p.Certificate.SHA256 {
		c = p.Certificate
	}
	f.Add("serial", c.Serial)
	f.Add("issuer", c.Issuer)
	if r := c.Revoked; r != nil {
		f.Add("revoked", r.At)
		f.Add("reason", r.Reason)
	}
}
