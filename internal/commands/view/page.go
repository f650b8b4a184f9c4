package view

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/ui"
)

// Page is a list of sections. On a terminal, a blank line separates them.
type Page struct {
	call     *cli.Call
	sections []*ui.Fields
}

// NewPage returns an empty page.
func NewPage(call *cli.Call) *Page { return &Page{call: call} }

// Section adds a section.
func (p *Page) Section() *ui.Fields {
	f := &ui.Fields{Now: p.call.Clock(), Paint: p.call.Streams.OutPaint()}
	p.sections = append(p.sections, f)
	return f
}

// Write writes the sections that are not empty.
func (p *Page) Write() error {
	first := true
	for _, f := range p.sections {
		if f.Len() == 0 {
			continue
		}
		if !first && p.call.Streams.OutTTY {
			if err := cli.WriteAll(p.call.Streams.Out, []byte("\n")); err != nil {
				return err
			}
		}
		first = false
		if err := f.Write(p.call.Streams.Out, p.call.Streams.OutColumns()); err != nil {
			return err
		}
	}
	return nil
}

// Place says which of several items this one is; "" if it is the only one.
func Place(i, of int) string {
	if of == 1 {
		return ""
	}
	return fmt.Sprintf("#%d of %d", i+1, of)
}

// ServerFields adds what is known of a TLS server; t may be nil.
func ServerFields(f *ui.Fields, t *certsource.TLS) {
	if t == nil {
		return
	}
	f.Add("server", t.Address)
	f.Add("tls version", t.Version)
	f.Add("cipher suite", t.CipherSuite)
	f.Add("key exchange", t.Group)
	f.Add("alpn", t.ALPN)
	f.Add("server name", t.ServerName)
	asked := "not requested"
	if t.ClientCertificateAsked {
		asked = "requested"
	}
	f.AddNote("client cert", asked, "TS 33.501 13.1.0 requires mutual TLS between NFs")
	for _, ca := range t.AcceptableCAs {
		f.Add("accepted issuer", ca)
	}
	f.Add("handshake ended", t.Failure)
}

// ChainFields adds which certificate issued which.
func ChainFields(f *ui.Fields, docs []*CertificateDoc, chains [][]string) {
	byLabel := make(map[string]*CertificateDoc, len(docs))
	for _, d := range docs {
		byLabel[d.Label] = d
	}
	for _, chain := range chains {
		last := byLabel[chain[len(chain)-1]]
		end := "the issuer of " + last.Label + " is not here"
		if last.SelfSigned {
			end = last.Label + " is self-signed"
		}
		f.AddNote("chain", strings.Join(chain, " < "), end)
	}
}

// Fields adds the CSR for people.
func (d *RequestDoc) Fields(f *ui.Fields) {
	f.Add("subject", d.SubjectString())
	keyFields(f, d.Contents)
	f.AddNote("signature", d.Contents.Signature, proofNote(d.Proof, "made by the key in the request", "NOT made by the key in the request"))
	extensionFields(f, d.Contents, &d.Meaning)
	for _, attribute := range d.Attributes {
		f.AddNote("attribute", cmp.Or(attribute.Name, string(attribute.OID)), cli.Counted(attribute.Values, "value"))
	}
	endFields(f, d.Contents, d.Fingerprints)
}

// Fields adds the certificate for people.
func (d *CertificateDoc) Fields(f *ui.Fields) {
	c := d.Contents
	f.Add("subject", d.Subject)
	f.Add("serial", d.Serial)
	if c.Version != 0 && c.Version != 3 {
		f.AddNote("version", c.Version, "RFC 5280 4.1.2.1 requires 3")
	}
	f.AddNote("issuer", d.Issuer, d.issuerNote())
	f.Add("not before", c.NotBefore)
	f.Add("not after", c.NotAfter)
	if v := d.Validity; v != nil {
		f.Add("validity", v.words())
	}
	keyFields(f, c)
	f.Add("signature", c.Signature)
	extensionFields(f, c, &d.Meaning)
	endFields(f, c, d.Fingerprints)
}

// issuerNote says what is known about the issuer.
func (d *CertificateDoc) issuerNote() string {
	switch {
	case d.SelfSigned:
		return "itself: self-signed"
	case d.IssuedBy != "":
		return "which is " + d.IssuedBy + ", " + proofNote(*d.Proof, "whose key made the signature", "whose key did NOT make the signature")
	case d.Proof != nil:
		return "its own name, " + proofNote(*d.Proof, "", "but its key did NOT make the signature")
	}
	return ""
}

func proofNote(p proof, good, bad string) string {
	switch p.State {
	case "valid":
		return good
	case "invalid":
		if p.Detail != "" {
			return bad + ": " + p.Detail
		}
		return bad
	}
	return "the signature was not checked: " + p.Detail
}

func (v *validity) words() string {
	switch {
	case v.State == "expired":
		return fmt.Sprintf("expired %s ago, of %s", cli.Counted(-v.Left, "day"), cli.Counted(v.Days, "day"))
	case v.State == "not-yet-valid":
		return fmt.Sprintf("not yet valid, for %s", cli.Counted(v.Days, "day"))
	}
	return fmt.Sprintf("%s left of %s", cli.Counted(v.Left, "day"), cli.Counted(v.Days, "day"))
}

func keyFields(f *ui.Fields, c *inspect.Contents) {
	bits := ""
	if c.PublicKey.Bits > 0 {
		bits = cli.Counted(c.PublicKey.Bits, "bit")
	}
	f.AddNote("key", c.PublicKey.Type, bits)
	f.Add("key sha256", c.PublicKey.SHA256)
}

// extensionFields adds the extensions with their meaning.
func extensionFields(f *ui.Fields, c *inspect.Contents, m *meaning) {
	if s := c.SubjectAltName; s != nil {
		for _, n := range m.Names {
			f.AddNote("name"+mark(s.Critical), string(n.Kind)+" "+n.Value, n.note())
		}
	}
	f.Add("nf instance", string(m.InstanceID))
	for _, n := range m.Networks {
		f.Add("network", n.String())
	}
	if c.NFTypes != nil {
		f.AddNote("nf types"+mark(c.NFTypes.Critical), strings.Join(c.NFTypes.Types, ", "), m.typesNote())
		for _, p := range c.NFTypes.Problems {
			f.AddNote("nf types fault", p.Detail, "RFC 9310 section 3")
		}
	}
	if c.KeyUsage != nil {
		f.AddNote("key usage"+mark(c.KeyUsage.Critical), strings.Join(c.KeyUsage.Usages, ", "), "RFC 5280 4.2.1.3")
	}
	if c.ExtKeyUsage != nil {
		for _, u := range m.Usages {
			f.AddNote("purpose"+mark(c.ExtKeyUsage.Critical), u.Name, withClause(u.For, u.Clause))
		}
	}
	caFields(f, c)
	for _, e := range c.Extensions {
		f.AddNote("extension"+mark(e.Critical), cmp.Or(e.Name, string(e.OID)), extensionNote(e))
	}
}

// typesNote lists the NF types that TS 29.510 does not define.
func (m *meaning) typesNote() string {
	var unknown []string
	for _, t := range m.NFTypes {
		if t.Release == 0 {
			unknown = append(unknown, t.Name)
		}
	}
	if len(unknown) == 0 {
		return ""
	}
	return "not in TS 29.510 6.1.6.3.3: " + strings.Join(unknown, ", ")
}

// caFields adds the extensions that a CA adds.
func caFields(f *ui.Fields, c *inspect.Contents) {
	if b := c.BasicConstraints; b != nil {
		word, note := "no", ""
		if b.CA {
			word = "yes"
		}
		if b.MaxPathLen != nil {
			note = "at most " + cli.Counted(*b.MaxPathLen, "CA") + " below it"
		}
		f.AddNote("ca"+mark(b.Critical), word, note)
	}
	if k := c.SubjectKeyID; k != nil {
		f.Add("key id"+mark(k.Critical), k.ID)
	}
	if k := c.AuthorityKeyID; k != nil {
		f.Add("issuer key id"+mark(k.Critical), k.ID)
	}
	if r := c.CRL; r != nil {
		for _, uri := range append(r.URIs[:len(r.URIs):len(r.URIs)], r.Others...) {
			f.Add("crl"+mark(r.Critical), uri)
		}
	}
	if i := c.AIA; i != nil {
		for _, uri := range i.CAIssuers {
			f.Add("ca issuers"+mark(i.Critical), uri)
		}
		for _, uri := range i.OCSP {
			f.Add("ocsp"+mark(i.Critical), uri)
		}
		for _, other := range i.Others {
			f.Add("authority info"+mark(i.Critical), other)
		}
	}
}

func extensionNote(e inspect.Extension) string {
	size := cli.Counted(len(e.Value), "byte")
	if e.Name == "" {
		return size
	}
	return string(e.OID) + ", " + size
}

// endFields adds fingerprints and faults.
func endFields(f *ui.Fields, c *inspect.Contents, prints Fingerprints) {
	f.Add("sha256", prints.SHA256)
	f.Add("sha1", prints.SHA1)
	for _, fault := range c.Faults {
		f.AddNote("fault", string(fault.Field)+": "+fault.Detail, string(fault.Kind))
	}
}

// Fields adds the other content of the source.
func (l *Leftover) Fields(f *ui.Fields) {
	for _, text := range l.Faults {
		f.Add("damaged", text)
	}
	for _, s := range l.Skipped {
		f.AddNote("passed over", strconv.Itoa(s.Count)+" "+s.Label, "not read")
	}
	if l.Requests > 0 {
		f.AddNote("passed over", cli.Counted(l.Requests, "certificate request"), "see nfcert show csr")
	}
	if l.Certificates > 0 {
		f.AddNote("passed over", cli.Counted(l.Certificates, "certificate"), "see nfcert show cert")
	}
}

func mark(critical bool) string {
	if critical {
		return " (critical)"
	}
	return ""
}
