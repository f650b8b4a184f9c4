package enroll

import (
	"cmp"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/nf"
)

// CSROptions say what to ask a certificate for. What is left out is taken from
// the saved enrolment where there is one.
type CSROptions struct {
	Function *nf.Function
	Profile  string         // "": nf-tls; of an adopted CSR: none
	KeyType  csrgen.KeyType // of a new key; "": what the profile likes best, else P256
	Key      crypto.Signer  // given; nil: one is made
	KeyURI   string         // instead of Key: where [Engine.OpenKey] finds it; it is never saved
	Omit     []csrgen.Part  // nil: as before; empty: nothing
	Extras   *csrgen.Extras // nil: as before; zero: none
	// Adopt is the DER of a CSR that others made, to be used as it is. Of the
	// rest only Profile and the key may be given with it; without a key
	// the enrolment has none.
	Adopt []byte
	// Complete fills in what depends on the enrolment, which it gets as it is saved
	// and under its lock. nil: the options are complete.
	Complete func(*Enrolment, *CSROptions) error
	// NeedKey refuses what leaves the enrolment without the key among its files.
	NeedKey bool
}

// DefaultProfile is the certificate profile without another choice.
const DefaultProfile = "nf-tls"

// CSR makes the enrolment's key and CSR. Called again with the same options it
// changes nothing; with others it makes the CSR anew, with the same key where
// it can, as long as the CA has not been sent one.
func (e *Engine) CSR(ctx context.Context, name string, o CSROptions) (en *Enrolment, unchanged bool, err error) {
	r, err := e.begin(ctx, name)
	if err != nil {
		return nil, false, err
	}
	defer r.end(&err)
	plan, err := r.planCSR(o)
	if err != nil || plan.unchanged {
		return r.en, plan.unchanged, err
	}
	return r.en, false, r.makeCSR(plan)
}

// csrPlan is a CSR that can be made or adopted, or need not be.
type csrPlan struct {
	unchanged bool
	want      CSROptions
	request   csrgen.Request
	adopt     *x509.CertificateRequest // nil: one is made
	same      bool                     // adopt is the saved one; the key or the profile changes
	keyless   bool                     // the key will not be among the enrolment's files
}

// planCSR checks all that can be wrong with the options, and changes nothing.
func (r *run) planCSR(o CSROptions) (plan csrPlan, err error) {
	if o.Complete != nil {
		if err := o.Complete(r.en, &o); err != nil {
			return plan, err
		}
	}
	if o.Adopt != nil || r.en.adopted() && o.Function == nil {
		plan, err = r.planAdoption(o)
	} else {
		plan, err = r.planOwn(o)
	}
	if err == nil && o.NeedKey && plan.keyless {
		err = &KeylessError{Name: r.en.Name, URI: plan.want.KeyURI}
	}
	return plan, err
}

// planOwn is planCSR for a CSR that is made here.
func (r *run) planOwn(o CSROptions) (plan csrPlan, err error) {
	want, err := o.over(r.en)
	if err != nil {
		return plan, err
	}
	plan = csrPlan{want: want, keyless: want.KeyURI != ""}
	if r.en.CSR != nil {
		csr, err := r.readCSR()
		if err != nil {
			return plan, err
		}
		field, saved, asked := want.differs(r.en, csr)
		if field == "" {
			plan.unchanged = true
			return plan, r.keyFits(csr)
		}
		if why := fixed(r.en); why != "" {
			return plan, &ConflictError{Name: r.en.Name, Field: field, Saved: saved, Asked: asked, Why: why}
		}
	}
	profile, ok := nf.LookupProfile(want.Profile)
	if !ok {
		return plan, &ProfileError{Name: want.Profile}
	}
	plan.request = csrgen.Request{Function: *want.Function, Profile: profile, Omit: want.Omit, Extras: *want.Extras}
	return plan, r.allowed(plan.request)
}

// makeCSR makes key and CSR. A CSR that they replace is forgotten first, so
// that a run dying in between leaves none rather than one whose key is gone.
func (r *run) makeCSR(plan csrPlan) error {
	if r.en.CSR != nil && !plan.same {
		r.en.CSR = nil
		if err := r.flush(); err != nil {
			return err
		}
	}
	if plan.adopt != nil {
		return r.adoptCSR(plan)
	}
	key, done, err := r.enrolmentKey(plan.want)
	if err != nil {
		return err
	}
	defer done()
	der, err := csrgen.Create(key, plan.request)
	if err != nil {
		return err
	}
	r.en.NF = plan.want.Function
	r.putCSR(der, key.Public(), plan)
	r.withNext()
	r.tell(StepCSR, "key (%s) and CSR made by profile %s: %s", r.en.CSR.KeyType, r.en.CSR.Profile, r.en.CSR.File)
	return nil
}

// putCSR gives the enrolment its CSR. The next save writes it.
func (r *run) putCSR(der []byte, key crypto.PublicKey, plan csrPlan) {
	r.attach(r.en.file(requestPEM), csrgen.Encode(der))
	sum := sha256.Sum256(der)
	r.en.CSR = &CSR{
		File: r.Store.Path(r.en.file(requestPEM)), SHA256: hex.EncodeToString(sum[:]),
		KeyURI: plan.want.KeyURI, KeyType: csrgen.KeyTypeOf(key),
		Profile: plan.want.Profile, Omitted: partNames(plan.want.Omit), Adopted: plan.adopt != nil,
	}
	if x := plan.want.Extras; x != nil && !x.IsZero() {
		r.en.CSR.Extras = x
	}
	if !plan.keyless {
		r.en.CSR.KeyFile = r.Store.Path(r.en.file(keyPEM))
	}
}

// ProfileError refuses a certificate profile that does not exist.
type ProfileError struct{ Name string }

func (e *ProfileError) Error() string { return "unknown certificate profile " + e.Name }

// over fills what o leaves out from the enrolment and the defaults.
func (o CSROptions) over(en *Enrolment) (CSROptions, error) {
	if o.Function == nil {
		o.Function = en.NF
	}
	if o.Function == nil {
		return o, &OutOfTurnError{Name: en.Name, Step: StepCSR, Needs: StepCSR, Found: "no network function given for the certificate"}
	}
	function := *o.Function
	function.Normalize()
	o.Function = &function
	if en.CSR != nil && !en.CSR.Adopted {
		o.Profile = cmp.Or(o.Profile, en.CSR.Profile)
		if o.Omit == nil {
			o.Omit = en.CSR.omitted()
		}
		if o.Extras == nil {
			o.Extras = en.CSR.Extras
		}
		if o.Key == nil && o.KeyURI == "" && o.KeyType == "" {
			o.KeyType, o.KeyURI = csrgen.KeyType(en.CSR.KeyType), en.CSR.KeyURI
		}
	}
	if o.Extras == nil {
		o.Extras = &csrgen.Extras{}
	}
	o.Profile = cmp.Or(o.Profile, DefaultProfile)
	profile, _ := nf.LookupProfile(o.Profile) // another is refused later
	function.Type = cmp.Or(function.Type, profile.NFType)
	if o.KeyType == "" && len(profile.Keys) > 0 {
		o.KeyType = csrgen.KeyType(profile.Keys[0])
	}
	o.KeyType = csrgen.KeyType(cmp.Or(string(o.KeyType), "P256"))
	return o, nil
}

// differs names the first thing in which o is not what the enrolment's CSR was
// made of; "" when nothing is.
func (o CSROptions) differs(en *Enrolment, csr *x509.CertificateRequest) (field, saved, asked string) {
	switch {
	case en.CSR.Adopted:
		return "csr", adoptedCSR, "made here"
	case o.Profile != en.CSR.Profile:
		return "profile", en.CSR.Profile, o.Profile
	case o.KeyURI != en.CSR.KeyURI:
		return "key", en.CSR.where(), cmp.Or(o.KeyURI, "another")
	case o.Key == nil && o.KeyURI == "" && string(o.KeyType) != en.CSR.KeyType:
		return "key", en.CSR.KeyType, string(o.KeyType)
	case o.Key != nil && !csrgen.SameKey(o.Key.Public(), csr.PublicKey):
		return "key", "the one in " + en.CSR.KeyFile, "another"
	case !slices.Equal(partNames(o.Omit), en.CSR.Omitted):
		return "omitted parts", listParts(en.CSR.Omitted), listParts(partNames(o.Omit))
	case !reflect.DeepEqual(*o.Extras, en.CSR.extras()):
		return "extras", "others", "what the flags say"
	case en.NF == nil || !reflect.DeepEqual(*o.Function, *en.NF):
		field, saved, asked = differentFunction(en.NF, o.Function)
		return field, saved, asked
	}
	return "", "", ""
}

// extras are what the CSR asks for in addition to its profile.
func (c *CSR) extras() csrgen.Extras {
	if c.Extras == nil {
		return csrgen.Extras{}
	}
	return *c.Extras
}

// omitted are the parts of the profile that the CSR leaves out.
func (c *CSR) omitted() (parts []csrgen.Part) {
	for _, name := range c.Omitted {
		parts = append(parts, csrgen.Part(name))
	}
	return parts
}

func partNames(parts []csrgen.Part) (names []string) {
	for _, p := range parts {
		names = append(names, string(p))
	}
	return names
}

func listParts(names []string) string { return cmp.Or(strings.Join(names, ","), "none") }

// fixed says why the CSR cannot be made anew; "" when it can.
func fixed(en *Enrolment) string {
	switch {
	case en.usable():
		return "the certificate is issued; another name makes another enrolment"
	case en.Order != nil && (en.Order.Status == Processing || en.Order.Status == Valid):
		return "the CA has the CSR already"
	}
	return ""
}

// allowed refuses a request that lacks what its profile demands, or whose names
// are not those of the order that is under way.
func (r *run) allowed(request csrgen.Request) error {
	warnings, err := request.Validate()
	if err != nil {
		return err
	}
	for _, w := range warnings {
		r.warn(StepCSR, "%s", w)
	}
	n := names{dns: request.DNSNames()}
	for _, ip := range request.Extras.IPs {
		n.ips = append(n.ips, net.ParseIP(ip))
	}
	for _, uri := range request.URIs() {
		if u, err := url.Parse(uri); err == nil {
			n.uris = append(n.uris, u)
		}
	}
	return r.namesStay(n.identifiers())
}

// namesStay refuses a CSR whose names are not those of the order under way.
func (r *run) namesStay(names []Identifier) error {
	if r.en.CSR == nil || r.en.Order == nil || r.en.Order.over() {
		return nil
	}
	if missing, extra := compareNames(names, r.en.Order.Identifiers); len(missing)+len(extra) > 0 {
		return &ConflictError{
			Name: r.en.Name, Field: "names", Saved: joinIdentifiers(r.en.Order.Identifiers),
			Asked: joinIdentifiers(names), Why: "an order for the saved names is under way",
		}
	}
	return nil
}

// readCSR loads the enrolment's CSR and makes sure that it is the one its
// document describes.
func (r *run) readCSR() (*x509.CertificateRequest, error) {
	rel := r.en.file(requestPEM)
	data, err := r.readFile(rel)
	if err != nil {
		return nil, &KeyFileError{Path: r.Store.Path(rel), Err: err}
	}
	der, err := csrgen.Decode(rel, data)
	if err != nil {
		return nil, &KeyFileError{Path: r.Store.Path(rel), Err: err}
	}
	if sum := sha256.Sum256(der); hex.EncodeToString(sum[:]) != r.en.CSR.SHA256 {
		return nil, &KeyFileError{Path: r.Store.Path(rel), Err: errors.New("it is not the CSR of the enrolment")}
	}
	return x509.ParseCertificateRequest(der)
}

// differentFunction names the first field in which two functions differ.
func differentFunction(saved, asked *nf.Function) (field, was, is string) {
	if saved == nil {
		return "nf", "none", asked.Type
	}
	a, b := reflect.ValueOf(*saved), reflect.ValueOf(*asked)
	for i := range a.NumField() {
		if x, y := a.Field(i).Interface(), b.Field(i).Interface(); !reflect.DeepEqual(x, y) {
			name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
			return name, show(x), show(y)
		}
	}
	return "", "", ""
}

// show writes one field of a function.
func show(v any) string {
	if p, ok := v.(*nf.PLMN); ok {
		if p == nil {
			return "none"
		}
		return p.String()
	}
	return fmt.Sprint(v)
}
