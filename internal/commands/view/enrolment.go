// Package view lays out enrolments, accounts, CSRs, certificates and tokens, as
// fields for people and as JSON documents.
package view

import (
	"fmt"
	"strings"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/layout"
	"github.com/nfcert/nfcert/internal/ui"
)

// EnrolmentDoc is the JSON document of an enrolment, which every step prints.
type EnrolmentDoc struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	*enroll.Enrolment
	Unchanged bool     `json:"unchanged,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
	Next      string   `json:"next,omitempty"`
}

// accountDoc is the JSON document of an account.
type accountDoc struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	*enroll.Account
	Existing  bool     `json:"existing,omitempty"` // the key already had an account at the CA
	Unchanged bool     `json:"unchanged,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
	Next      string   `json:"next,omitempty"`
}

// PrintEnrolment prints an enrolment and the next command.
func PrintEnrolment(call *cli.Call, en *enroll.Enrolment, unchanged bool) error {
	next := NextFor(call, en)
	switch call.Global.Output {
	case cli.OutputJSON, cli.OutputJSONL:
		return ui.WriteJSON(call.Streams.Out, EnrolmentDoc{APIVersion: cli.APIVersion, Kind: "Enrolment", Enrolment: en, Unchanged: unchanged, Warnings: call.Progress.Warnings(), Next: next})
	case cli.OutputName:
		return cli.WriteAll(call.Streams.Out, []byte(en.Name+"\n"))
	}
	return printFields(call, en, unchanged, enrolmentFields(call, en))
}

// printFields prints facts about an enrolment for people, and what comes next.
func printFields(call *cli.Call, en *enroll.Enrolment, unchanged bool, f *ui.Fields) error {
	next := NextFor(call, en)
	call.Progress.Done()
	if unchanged {
		call.Progress.Note("unchanged: %s", Status(en))
	}
	if err := f.Write(call.Streams.Out, call.Streams.OutColumns()); err != nil {
		return err
	}
	if en.Step == enroll.StepDone && next == "" { // only for people: a script is done
		next = call.Line("show cert", "-n", en.Name)
	}
	call.Progress.Next(next)
	return nil
}

// Status says in a few words how far an enrolment is.
func Status(en *enroll.Enrolment) string {
	switch en.Step {
	case enroll.StepCSR:
		return "nothing made yet"
	case enroll.StepDone:
		if en.Certificate.Revoked != nil {
			return "certificate revoked"
		}
		return "certificate issued"
	}
	if en.Order == nil {
		return "CSR made"
	}
	return "order " + string(en.Order.Status)
}

// enrolmentFields formats an enrolment for people.
func enrolmentFields(call *cli.Call, en *enroll.Enrolment) *ui.Fields {
	f := &ui.Fields{Now: call.Clock(), Paint: call.Streams.OutPaint()}
	f.Add("name", en.Name)
	f.Add("status", Status(en))
	f.Add("server", en.Server)
	f.Add("account", en.Account)
	if en.NF != nil {
		f.Add("nf", en.NF.Type)
		f.Add("instance", string(en.NF.InstanceID))
		for _, name := range en.NF.FQDNs {
			f.Add("fqdn", name)
		}
	}
	if en.CSR != nil {
		f.Add("csr", en.CSR.File)
		f.Add("key", keyLocation(en.CSR))
		f.Add("profile", en.CSR.Profile)
		for _, p := range en.CSR.Omitted {
			f.Add("omitted", string(p))
		}
	}
	if en.Order != nil {
		AddOrder(f, en.Order)
	}
	if en.Certificate != nil {
		addCertificate(f, en.Certificate)
	}
	addRenewal(f, en)
	return f
}

// keyLocation says where the key of a CSR is, and its type.
func keyLocation(c *enroll.CSR) string {
	where := "not here: only the CSR was given"
	switch {
	case c.KeyURI != "":
		where = c.KeyURI
	case c.KeyFile != "":
		where = c.KeyFile
	}
	return fmt.Sprintf("%s (%s)", where, c.KeyType)
}

// AddOrder formats an order with its authorizations for people.
func AddOrder(f *ui.Fields, o *enroll.Order) {
	f.Add("order", o.URL)
	f.Add("order status", string(o.Status))
	f.Add("order expires", o.Expires)
	if o.Error != nil {
		f.Add("order error", o.Error.String())
	}
	for _, auth := range o.Authorizations {
		if auth.Status == "" {
			continue
		}
		f.Add("authorization", fmt.Sprintf("%s %s", auth.Identifier, auth.Status))
		for _, c := range auth.Challenges {
			if c.Error != nil {
				f.Add("challenge", fmt.Sprintf("%s %s: %s", c.Type, c.Status, c.Error.String()))
			} else if auth.Status != enroll.Valid || c.Status == enroll.Valid {
				f.Add("challenge", fmt.Sprintf("%s %s", c.Type, c.Status))
			}
			if c.Publish != nil && auth.Status == enroll.Pending {
				addPublish(f, c.Publish)
			}
		}
	}
}

// addPublish says what to publish, or which token to get.
func addPublish(f *ui.Fields, p *enroll.Publish) {
	f.Add("publish at", p.URL)
	f.Add("publish", p.Content)
	f.Add("token authority", p.TokenAuthority)
	if p.ATC != nil {
		f.Add("token for", p.ATC.Type+":"+p.ATC.Value)
		f.Add("token fingerprint", p.ATC.Fingerprint)
	}
}

func addCertificate(f *ui.Fields, c *enroll.Certificate) {
	for _, reason := range c.Rejected {
		f.Add("rejected", reason)
	}
	f.Add("serial", c.Serial)
	f.Add("subject", c.Subject)
	f.Add("issuer", c.Issuer)
	f.Add("not before", c.NotBefore)
	f.Add("not after", c.NotAfter)
	f.Add("sha256", c.SHA256)
	if r := c.Revoked; r != nil {
		f.Add("revoked", r.At)
		f.Add("reason", r.Reason)
	}
	chain := string(c.Chain)
	if c.Anchor != "" {
		chain += " to " + c.Anchor
	}
	f.Add("chain", chain)
	for _, d := range c.Differences {
		f.Add("difference", difference(string(d.Severity), d.Field, d.Requested, d.Issued, d.Clause))
	}
	f.Add("layout", string(c.Layout))
	for _, kind := range layout.Kinds() {
		f.Add(kind+" file", c.Files[kind])
	}
}

// addRenewal adds the certificates before and after this one.
func addRenewal(f *ui.Fields, en *enroll.Enrolment) {
	if en.HookOwed() {
		f.Add("hook", "not yet run, or failed, since "+ui.Time(en.Journal.Swap.At))
	} else if en.Swapping() {
		f.Add("files", "not yet in place, or a hook not yet run, since "+ui.Time(en.Journal.Swap.At))
	}
	if r := en.Renewal; r != nil {
		text := "started " + ui.Time(r.Started)
		if r.Order != nil {
			text += ", order " + string(r.Order.Status) + " " + r.Order.URL
		}
		f.Add("renewal", text)
		if r.Certificate != nil {
			for _, reason := range r.Certificate.Rejected {
				f.Add("renewal rejected", reason)
			}
		}
	}
	if p := en.Previous; p != nil {
		f.Add("replaced", fmt.Sprintf("%s, at %s; its files: %s", p.Certificate.Serial, ui.Time(p.Replaced), p.Certificate.Files[layout.KindFullchain]))
	}
}

// difference describes one difference between the request and the certificate.
func difference(severity, field, requested, issued, clause string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s ", severity, field)
	switch {
	case issued == "":
		fmt.Fprintf(&b, "%s requested, but not issued", requested)
	case requested == "":
		fmt.Fprintf(&b, "%s not requested, but issued", issued)
	default:
		fmt.Fprintf(&b, "%s requested, but %s issued", requested, issued)
	}
	if clause != "" {
		fmt.Fprintf(&b, " (%s)", clause)
	}
	return b.String()
}

// PrintAccount prints an account and the next command.
func PrintAccount(call *cli.Call, acc *enroll.Account, unchanged bool, next string) error {
	switch call.Global.Output {
	case cli.OutputJSON, cli.OutputJSONL:
		return ui.WriteJSON(call.Streams.Out, accountDoc{APIVersion: cli.APIVersion, Kind: "Account", Account: acc, Existing: acc.Found, Unchanged: unchanged, Warnings: call.Progress.Warnings(), Next: next})
	case cli.OutputName:
		return cli.WriteAll(call.Streams.Out, []byte(acc.Name+"\n"))
	}
	call.Progress.Done()
	if unchanged {
		call.Progress.Note("unchanged: account %s is %s", acc.Name, acc.Status)
	}
	f := &ui.Fields{Now: call.Clock(), Paint: call.Streams.OutPaint()}
	f.Add("account", acc.Name)
	f.Add("status", acc.Status)
	f.Add("server", acc.Server)
	f.Add("url", acc.URL)
	for _, c := range acc.Contact {
		f.Add("contact", c)
	}
	kind := acc.KeyType
	if acc.Encrypted {
		kind += ", encrypted"
	}
	f.Add("key", fmt.Sprintf("%s (%s)", acc.KeyFile, kind))
	f.Add("thumbprint", acc.Thumbprint)
	f.Add("eab kid", acc.BindingKey)
	f.Add("terms", acc.TermsAgreed)
	f.Add("created", acc.Created)
	if err := f.Write(call.Streams.Out, call.Streams.OutColumns()); err != nil {
		return err
	}
	call.Progress.Next(next)
	return nil
}
