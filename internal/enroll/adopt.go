package enroll

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/x509"
	"fmt"

	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// adoptedCSR is what an adopted CSR is called in a conflict.
const adoptedCSR = "an adopted one"

// adopted reports whether others made the CSR.
func (e *Enrolment) adopted() bool { return e.CSR != nil && e.CSR.Adopted }

// where says where the key is.
func (c *CSR) where() string {
	switch {
	case c.KeyURI != "":
		return c.KeyURI
	case c.KeyFile != "":
		return "the one in " + c.KeyFile
	}
	return "none"
}

// planAdoption is planCSR for a CSR that others made. Giving the CSR again
// changes nothing, but for a key or a profile that comes with it now: those the
// CA does not see, so they are taken at any time.
func (r *run) planAdoption(o CSROptions) (plan csrPlan, err error) {
	var saved *x509.CertificateRequest
	if r.en.CSR != nil {
		if saved, err = r.readCSR(); err != nil {
			return plan, err
		}
	}
	if o.Function != nil || o.KeyType != "" || o.Omit != nil {
		return plan, &ConflictError{Name: r.en.Name, Field: "csr", Saved: adoptedCSR, Asked: "changed", Why: "it was signed elsewhere, and only its maker can change it"}
	}
	csr := saved
	if o.Adopt != nil {
		if csr, err = x509.ParseCertificateRequest(o.Adopt); err != nil {
			return plan, fmt.Errorf("adopting a certificate request: %w", err)
		}
	}
	if _, ok := nf.LookupProfile(o.Profile); !ok && o.Profile != "" {
		return plan, &ProfileError{Name: o.Profile}
	}
	plan = csrPlan{adopt: csr, same: saved != nil && bytes.Equal(saved.Raw, csr.Raw)}
	if saved != nil && !plan.same {
		if why := fixed(r.en); why != "" {
			return plan, &ConflictError{Name: r.en.Name, Field: "csr", Saved: r.en.CSR.SHA256, Asked: "another", Why: why}
		}
		if err := r.namesStay(csrNames(csr).identifiers()); err != nil {
			return plan, err
		}
	}
	if plan.same {
		o.Profile = cmp.Or(o.Profile, r.en.CSR.Profile)
		if o.Key == nil && o.KeyURI == "" {
			o.KeyURI = r.en.CSR.KeyURI
		}
	}
	plan.want = o
	if plan.keyless, err = r.judgeKey(o, csr); err != nil {
		return plan, err
	}
	plan.unchanged = plan.same && o.Profile == r.en.CSR.Profile && o.KeyURI == r.en.CSR.KeyURI && plan.keyless == (r.en.CSR.KeyFile == "")
	if plan.unchanged {
		return plan, r.keyFits(saved)
	}
	return plan, nil
}

// judgeKey refuses a key that the CSR was not signed with. keyless says that
// none is given that could be saved, and none is saved that fits.
func (r *run) judgeKey(o CSROptions, csr *x509.CertificateRequest) (keyless bool, err error) {
	fits := func(key crypto.PublicKey) error {
		if csrgen.SameKey(key, csr.PublicKey) {
			return nil
		}
		return &ForeignKeyError{Name: r.en.Name, Key: csrgen.KeyTypeOf(key), CSR: csrgen.KeyTypeOf(csr.PublicKey)}
	}
	switch {
	case o.Key != nil:
		return false, fits(o.Key.Public())
	case o.KeyURI != "" && r.en.adopted() && o.KeyURI == r.en.CSR.KeyURI:
		return true, nil // the token was asked when it came
	case o.KeyURI != "":
		key, done, err := r.openKey(o.KeyURI)
		if err != nil {
			return true, err
		}
		defer done()
		return true, fits(key.Public())
	}
	saved, err := r.savedKey()
	return saved == nil || fits(saved.Public()) != nil, err
}

// adoptCSR takes over a CSR and, where it came along, its key.
func (r *run) adoptCSR(plan csrPlan) error {
	key, err := r.keepKey(func(saved crypto.PublicKey) bool {
		return !plan.keyless && csrgen.SameKey(saved, plan.adopt.PublicKey)
	})
	if err != nil {
		return err
	}
	if key == nil && !plan.keyless {
		if err := r.saveKey(plan.want.Key); err != nil {
			return err
		}
	}
	if r.en.NF = functionOf(plan.adopt); len(plan.adopt.DNSNames)+len(plan.adopt.IPAddresses) == 0 {
		r.warn(StepCSR, "the CSR has neither a DNS name nor an IP address in subjectAltName, so no order can be made of it")
	}
	r.putCSR(plan.adopt.Raw, plan.adopt.PublicKey, plan)
	if r.en.usable() && !plan.keyless { // the key came after the certificate
		r.en.Certificate.Files[KindKey] = r.en.CSR.KeyFile
	}
	r.withNext()
	with := "without its key"
	if r.en.CSR.where() != "none" {
		with = "and its key"
	}
	r.tell(StepCSR, "CSR (%s) adopted %s: %s", r.en.CSR.KeyType, with, r.en.CSR.File)
	return nil
}

// functionOf reads out of a CSR what it says of its network function; nil: it
// says nothing. It is for showing: nothing is asked for by it.
func functionOf(csr *x509.CertificateRequest) *nf.Function {
	c := inspect.ReadCSR(csr.Raw) // malformed parts are left out: judging is for others
	f := &nf.Function{FQDNs: csr.DNSNames}
	if c.NFTypes != nil && len(c.NFTypes.Types) == 1 {
		f.Type = c.NFTypes.Types[0]
	}
	if c.SubjectAltName != nil {
		f.InstanceID = c.SubjectAltName.InstanceID()
		for _, uri := range c.SubjectAltName.URIs {
			if id, err := nf.ParseURN(uri); err != nil || id != f.InstanceID {
				f.URIs = append(f.URIs, uri)
			}
		}
	}
	for _, a := range c.Subject {
		switch a.Type {
		case "C":
			f.Country = a.Value
		case "O":
			f.PLMN, f.NID = networkOf(a.Value)
		}
	}
	for _, name := range f.FQDNs {
		if f.PLMN == nil {
			f.PLMN, f.NID = networkOf(name)
		}
	}
	if f.Type == "" && f.InstanceID == "" && f.Country == "" && len(f.FQDNs)+len(f.URIs) == 0 {
		return nil
	}
	return f
}

// networkOf reads the network of a name of the 5G core; nil: it is in none. Of
// the codes that a domain fits, the one with the shorter MNC is taken.
func networkOf(fqdn string) (*nf.PLMN, string) {
	n, ok := nf.ParseName(fqdn)
	if !ok || n.Network.PLMN.Validate() != nil || n.Host != "" {
		return nil, ""
	}
	plmn := n.Network.PLMNs()[0]
	return &plmn, n.Network.NID
}
