package enroll

import (
	"crypto/x509"
	"time"

	"github.com/nfcert/nfcert/internal/nf"
)

// Renewal is the next certificate of an enrolment while it is under way. What
// the enrolment has installed stays as it is until this one is verified.
type Renewal struct {
	Generation  int          `json:"generation"` // that it will be
	Account     string       `json:"account"`
	Started     time.Time    `json:"started"`
	NF          *nf.Function `json:"nf,omitempty"`
	CSR         *CSR         `json:"csr,omitempty"`
	Order       *Order       `json:"order,omitempty"`
	Certificate *Certificate `json:"certificate,omitempty"` // only one that was refused
	Journal     *Journal     `json:"journal,omitempty"`
}

// Generation is a certificate that was replaced, kept with its files so that
// one can go back to it until the next one is replaced.
type Generation struct {
	Number      int          `json:"generation,omitempty"`
	CSR         *CSR         `json:"csr"`
	Certificate *Certificate `json:"certificate"`
	OrderURL    string       `json:"orderUrl"`
	Replaced    time.Time    `json:"replaced"`
}

// Swap says that a new generation is in use and that its files may not yet be
// where they belong, or that not everybody was told: the next run sees to it.
type Swap struct {
	At time.Time `json:"at"`
}

// renewal is the view of an enrolment in which the next certificate is all
// there is, so that every step works on it as on the first. What it saves
// becomes the enrolment's Renewal.
func (e *Engine) renewal(en *Enrolment) *Enrolment {
	if en.Renewal == nil {
		en.Renewal = e.begunRenewal(en, max(en.Generation, 1)+1)
	}
	r := en.Renewal
	return &Enrolment{
		Name: en.Name, Server: en.Server, Account: r.Account, NF: r.NF,
		CSR: r.CSR, Order: r.Order, Certificate: r.Certificate, Journal: r.Journal,
		Earlier: en.Earlier, Generation: r.Generation, replaces: en,
	}
}

// document is what is saved of an enrolment, or of one that is the view of a
// renewal: the enrolment that it renews.
func (e *Enrolment) document() *Enrolment {
	if whole := e.replaces; whole != nil {
		account := e.Account
		if e.Order == nil && (e.Journal == nil || e.Journal.Intent == nil) {
			account = whole.Account // another was asked for and has no order yet; it may not exist
		}
		whole.Renewal = &Renewal{
			Generation: e.Generation, Account: account, Started: whole.Renewal.Started, NF: e.NF,
			CSR: e.CSR, Order: e.Order, Certificate: e.Certificate, Journal: e.Journal,
		}
		whole.Earlier, whole.Updated = e.Earlier, e.Updated
		e = whole
	}
	e.Version = documentVersion
	if e.Generation > 1 || e.Renewal != nil {
		e.Version = renewedVersion
	}
	e.Step = e.nextStep()
	return e
}

// swap makes the certificate of a renewal the enrolment's, whose earlier one
// becomes the previous. Nothing is saved yet: the save that follows is the
// moment at which everything is the new one's.
func (e *Engine) swap(view *Enrolment) *Enrolment {
	en := view.replaces
	before := *en.Certificate
	before.Files = map[string]string{KindFullchain: e.Store.Path(en.file(chainPEM))}
	if en.CSR.KeyFile != "" {
		before.Files[KindKey] = e.Store.Path(en.file(keyPEM))
	}
	before.Layout, before.Configuration = "", nil
	now := isoTime(e.now())
	en.Previous = &Generation{Number: en.Generation, CSR: en.CSR, Certificate: &before, OrderURL: en.Order.URL, Replaced: now}
	en.Account, en.NF, en.Generation = view.Account, view.NF, view.Generation
	en.CSR, en.Order, en.Certificate, en.Earlier = view.CSR, view.Order, view.Certificate, view.Earlier
	en.Journal = &Journal{Swap: &Swap{At: now}, Placements: append(en.Journal.placements(), view.Journal.placements()...)}
	if view.Installed != nil {
		en.Installed = view.Installed
	}
	en.Renewal = nil
	return en
}

// replace puts a verified renewal in the place of what it renews, and its files
// in all their places. When those cannot be had the new certificate is the
// enrolment's all the same, and the next run places it.
func (e *Engine) replace(view *Enrolment, chain []*x509.Certificate, places []FinalizeOptions) error {
	files, err := e.everywhere(view, chain, places)
	if err != nil {
		view.Certificate = nil // so that the next run downloads it
		return err
	}
	en := e.swap(view)
	e.tell(StepRenew, "certificate %s takes the place of %s", en.Certificate.Serial, en.Previous.Certificate.Serial)
	return e.installWhileSaving(en, files, true)
}

// mostLeft is how many generations before the previous one are looked for: those
// that runs which died, or were begun anew, have left.
const mostLeft = 8

// tidy removes what is left of the generations before the previous one.
func (e *Engine) tidy(en *Enrolment) {
	if en.Previous == nil {
		return
	}
	for n := max(1, en.Previous.Number-mostLeft); n < en.Previous.Number; n++ {
		e.discard(en.Name, n)
	}
}

// discard removes the files of a generation that no document names. What cannot
// be removed is in nobody's way.
func (e *Engine) discard(name string, generation int) {
	for _, what := range []string{keyPEM, requestPEM, chainPEM, anchorPEM} {
		_ = e.Store.Remove(generationFile(name, generation, what))
	}
}

// anew gives a renewal that is under way up, with its key. Its order expires
// unused.
func (e *Engine) anew(en *Enrolment) error {
	left := en.Renewal
	if o := left.Order; o != nil {
		en.Earlier = append(en.Earlier, PastOrder{URL: o.URL, Status: o.Status, Reason: "the renewal was begun anew", Left: isoTime(e.now())})
	}
	en.journal().Placements = append(en.Journal.placements(), left.Journal.placements()...)
	en.Renewal = e.begunRenewal(en, left.Generation+1) // a name of its own: the key that is left may still lie there
	if err := e.save(en); err != nil {
		return err
	}
	e.discard(en.Name, left.Generation)
	return nil
}

func (e *Engine) begunRenewal(en *Enrolment, generation int) *Renewal {
	return &Renewal{Generation: generation, Account: en.Account, Started: isoTime(e.now()), NF: en.NF}
}
