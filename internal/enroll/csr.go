package enroll

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/nf"
)

// CSROptions say what to ask a certificate for. What is left out is taken from
// the saved enrolment where there is one.
type CSROptions struct {
	Function *nf.Function
	Profile  string         // "": nf-tls
	KeyType  csrgen.KeyType // of a new key; "": P256
	Key      crypto.Signer  // brought along; nil: one is made
	Omit     []csrgen.Part  // nil: as before; empty: nothing
}

// DefaultProfile is what a certificate is asked for when nobody says.
const DefaultProfile = "nf-tls"

// CSR makes the enrolment's key and CSR. Called again with the same wishes it
// changes nothing; with others it makes the CSR anew, with the same key where
// it can, as long as the CA has not been sent one.
func (e *Engine) CSR(ctx context.Context, name string, o CSROptions) (en *Enrolment, unchanged bool, err error) {
	en, end, err := e.begin(ctx, name)
	if err != nil {
		return nil, false, err
	}
	defer end()
	plan, err := e.planCSR(en, o)
	if err != nil || plan.unchanged {
		return en, plan.unchanged, err
	}
	return en, false, e.makeCSR(en, plan)
}

// csrPlan is a CSR that can be made, or need not be.
type csrPlan struct {
	unchanged bool
	want      CSROptions
	request   csrgen.Request
}

// planCSR checks all that can be wrong with the wishes, and changes nothing.
func (e *Engine) planCSR(en *Enrolment, o CSROptions) (plan csrPlan, err error) {
	want, err := o.over(en)
	if err != nil {
		return plan, err
	}
	if en.CSR != nil {
		csr, err := e.readCSR(en)
		if err != nil {
			return plan, err
		}
		field, saved, asked := want.differs(en, csr)
		if field == "" {
			return csrPlan{unchanged: true}, e.keyFits(en, csr)
		}
		if why := fixed(en); why != "" {
			return plan, &ConflictError{Name: en.Name, Field: field, Saved: saved, Asked: asked, Why: why}
		}
	}
	profile, ok := nf.LookupProfile(want.Profile)
	if !ok {
		return plan, &ProfileError{Name: want.Profile}
	}
	request := csrgen.Request{Function: *want.Function, Profile: profile, Omit: want.Omit}
	return csrPlan{want: want, request: request}, e.allowed(en, request)
}

// makeCSR makes key and CSR. A CSR that they replace is forgotten first, so
// that a run dying in between leaves none rather than one whose key is gone.
func (e *Engine) makeCSR(en *Enrolment, plan csrPlan) error {
	if en.CSR != nil {
		en.CSR = nil
		if err := e.save(en); err != nil {
			return err
		}
	}
	key, err := e.enrolmentKey(en, plan.want)
	if err != nil {
		return err
	}
	der, err := csrgen.Create(key, plan.request)
	if err != nil {
		return err
	}
	e.attach(requestFile(en.Name), csrgen.Encode(der))
	sum := sha256.Sum256(der)
	en.NF = plan.want.Function
	en.CSR = &CSR{
		File: e.Store.Path(requestFile(en.Name)), SHA256: hex.EncodeToString(sum[:]),
		KeyFile: e.Store.Path(keyFile(en.Name)), KeyType: csrgen.KeyTypeOf(key.Public()),
		Profile: plan.want.Profile, Omitted: plan.want.Omit,
	}
	if err := e.saveStep(en); err != nil {
		return err
	}
	e.tell(StepCSR, "key (%s) and CSR made by profile %s: %s", en.CSR.KeyType, en.CSR.Profile, en.CSR.File)
	return nil
}

// ProfileError refuses a certificate profile that does not exist.
type ProfileError struct{ Name string }

func (e *ProfileError) Error() string { return "there is no certificate profile " + e.Name }

// over fills what o leaves out from the enrolment and the defaults.
func (o CSROptions) over(en *Enrolment) (CSROptions, error) {
	if o.Function == nil {
		o.Function = en.NF
	}
	if o.Function == nil {
		return o, &OutOfTurnError{Name: en.Name, Step: StepCSR, Needs: StepCSR, Found: "it is not said which network function the certificate is for"}
	}
	function := *o.Function
	function.Normalize()
	o.Function = &function
	if en.CSR != nil {
		o.Profile = orString(o.Profile, en.CSR.Profile)
		if o.Omit == nil {
			o.Omit = en.CSR.Omitted
		}
		if o.Key == nil && o.KeyType == "" {
			o.KeyType = csrgen.KeyType(en.CSR.KeyType)
		}
	}
	o.Profile = orString(o.Profile, DefaultProfile)
	o.KeyType = csrgen.KeyType(orString(string(o.KeyType), "P256"))
	return o, nil
}

// differs names the first thing in which o is not what the enrolment's CSR was
// made of; "" when nothing is.
func (o CSROptions) differs(en *Enrolment, csr *x509.CertificateRequest) (field, saved, asked string) {
	switch {
	case o.Profile != en.CSR.Profile:
		return "profile", en.CSR.Profile, o.Profile
	case o.Key == nil && string(o.KeyType) != en.CSR.KeyType:
		return "key", en.CSR.KeyType, string(o.KeyType)
	case o.Key != nil && !csrgen.SameKey(o.Key.Public(), csr.PublicKey):
		return "key", "the one in " + en.CSR.KeyFile, "another"
	case !slices.Equal(o.Omit, en.CSR.Omitted):
		return "omitted parts", join(en.CSR.Omitted), join(o.Omit)
	case en.NF == nil || !reflect.DeepEqual(*o.Function, *en.NF):
		field, saved, asked = differentFunction(en.NF, o.Function)
		return field, saved, asked
	}
	return "", "", ""
}

func join(parts []csrgen.Part) string {
	if len(parts) == 0 {
		return "none"
	}
	s := string(parts[0])
	for _, p := range parts[1:] {
		s += "," + string(p)
	}
	return s
}

// fixed says why the CSR cannot be made anew; "" when it can.
func fixed(en *Enrolment) string {
	switch {
	case en.usable():
		return "the certificate is issued; another name makes another enrolment"
	case en.Order != nil && (en.Order.Status == acmewire.Processing || en.Order.Status == acmewire.Valid):
		return "the CA has the CSR already"
	}
	return ""
}

// enrolmentKey keeps the key that is saved where it is the one wanted, and
// saves the wanted one otherwise.
func (e *Engine) enrolmentKey(en *Enrolment, want CSROptions) (crypto.Signer, error) {
	rel := keyFile(en.Name)
	saved, err := e.readKey(rel)
	switch {
	case err == nil && want.Key != nil && csrgen.SameKey(saved.Public(), want.Key.Public()):
		return saved, nil
	case err == nil && want.Key == nil && csrgen.KeyTypeOf(saved.Public()) == string(want.KeyType):
		return saved, nil
	case err == nil:
		// No certificate was issued for this key, so nothing is lost with it.
		e.warn(StepCSR, "the %s key that was made before is replaced; no certificate was issued for it", csrgen.KeyTypeOf(saved.Public()))
		if err := e.Store.Remove(rel); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	key := want.Key
	if key == nil {
		if key, err = csrgen.GenerateKey(want.KeyType); err != nil {
			return nil, err
		}
	}
	data, err := csrgen.MarshalKey(key)
	if err != nil {
		return nil, err
	}
	return key, e.Store.CreateKeyFor(rel, data)
}

// allowed refuses a request that lacks what its profile wants, or whose names
// are not those of the order that is under way.
func (e *Engine) allowed(en *Enrolment, r csrgen.Request) error {
	warnings, err := r.Validate()
	if err != nil {
		return err
	}
	for _, w := range warnings {
		e.warn(StepCSR, "%s", w)
	}
	if en.CSR != nil && en.Order != nil && !en.Order.over() {
		names := identifiersOf(r.Function.FQDNs, nil)
		if slices.Contains(r.Omit, csrgen.PartDNS) {
			names = nil
		}
		if missing, extra := compareNames(names, en.Order.Identifiers); len(missing)+len(extra) > 0 {
			return &ConflictError{
				Name: en.Name, Field: "names", Saved: joinIdentifiers(en.Order.Identifiers),
				Asked: joinIdentifiers(names), Why: "an order for the saved names is under way",
			}
		}
	}
	return nil
}

// readCSR loads the enrolment's CSR and makes sure that it is the one its
// document tells of.
func (e *Engine) readCSR(en *Enrolment) (*x509.CertificateRequest, error) {
	rel := requestFile(en.Name)
	data, err := e.read(rel)
	if err != nil {
		return nil, &KeyFileError{Path: e.Store.Path(rel), Err: err}
	}
	der, err := csrgen.Decode(rel, data)
	if err != nil {
		return nil, &KeyFileError{Path: e.Store.Path(rel), Err: err}
	}
	if sum := sha256.Sum256(der); hex.EncodeToString(sum[:]) != en.CSR.SHA256 {
		return nil, &KeyFileError{Path: e.Store.Path(rel), Err: errors.New("it is not the CSR that the enrolment made")}
	}
	return x509.ParseCertificateRequest(der)
}

// keyFits makes sure that the saved key is the one the CSR is signed with.
func (e *Engine) keyFits(en *Enrolment, csr *x509.CertificateRequest) error {
	rel := keyFile(en.Name)
	key, err := e.readKey(rel)
	if err != nil {
		return err
	}
	if !csrgen.SameKey(key.Public(), csr.PublicKey) {
		return &KeyFileError{Path: e.Store.Path(rel), Err: errors.New("it is not the key of the enrolment's CSR")}
	}
	return nil
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
