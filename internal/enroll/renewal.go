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
// an operator can go back to it until the next one is replaced.
type Generation struct {
	Number      int          `json:"generation,omitempty"`
	CSR         *CSR         `json:"csr"`
	Certificate *Certificate `json:"certificate"`
	OrderURL    string       `json:"orderUrl"`
	Replaced    time.Time    `json:"replaced"`
}

// Swap says that a new generation is in use and that its files may not yet be
// where they belong, or that its hook has not ended well: the next run
// completes it.
type Swap struct {
	At time.Time `json:"at"`
	// OnlyHook means that no renewal is behind it: finalize or enroll put files in
	// one place, which the same command does again, and called a hook.
	OnlyHook bool `json:"onlyHook,omitempty"`
}

// nextView is the view of an enrolment in which the next certificate is all there
// is, so that every step works on it as on the first. What a run saves of it
// becomes the enrolment's Renewal.
func (e *Enrolment) nextView(now time.Time) *Enrolment {
	if e.Renewal == nil {
		e.Renewal = e.newRenewal(max(e.Generation, 1)+1, now)
	}
	next := e.Renewal
	return &Enrolment{
		Name: e.Name, Server: e.Server, Account: next.Account, NF: next.NF,
		CSR: next.CSR, Order: next.Order, Certificate: next.Certificate, Journal: next.Journal,
		Earlier: e.Earlier, Generation: next.Generation, replaces: e,
	}
}

func (e *Enrolment) newRenewal(generation int, now time.Time) *Renewal {
	return &Renewal{Generation: generation, Account: e.Account, Started: isoTime(now), NF: e.NF}
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
func (r *run) swap() {
	next, en := r.en, r.en.replaces
	before := *en.Certificate
	before.Files = map[string]string{KindFullchain: r.Store.Path(en.file(chainPEM))}
	if en.CSR.KeyFile != "" {
		before.Files[KindKey] = r.Store.Path(en.file(keyPEM))
	}
	before.Layout, before.Configuration = "", nil
	now := isoTime(r.now())
	en.Previous = &Generation{Number: en.Generation, CSR: en.CSR, Certificate: &before, OrderURL: en.Order.URL, Replaced: now}
	en.Account, en.NF, en.Generation = next.Account, next.NF, next.Generation
	en.CSR, en.Order, en.Certificate, en.Earlier = next.CSR, next.Order, next.Certificate, next.Earlier
	en.Journal = &Journal{Swap: &Swap{At: now}, Placements: append(en.Journal.placements(), next.Journal.placements()...)}
	if next.Installed != nil {
		en.Installed = next.Installed
	}
	en.Renewal = nil
	r.en = en
}

// replace puts a verified renewal in the place of what it renews, and its files
// in all their places. When those cannot be had the new certificate is the
// enrolment's all the same, and the next run places it.
func (r *run) replace(chain []*x509.Certificate, places []FinalizeOptions) error {
	files, err := r.filesForAll(chain, places)
	if err != nil {
		r.en.Certificate = nil // so that the next run downloads it
		return err
	}
	r.swap()
	r.tell(StepRenew, "certificate %s replaces %s", r.en.Certificate.Serial, r.en.Previous.Certificate.Serial)
	return r.installWhileSaving(files, true)
}

// maxLeftover is how many generations before the previous one are looked for: those
// that runs which died, or were started again, have left.
const maxLeftover = 8

// removeOld removes what is left of the generations before the previous one.
func (r *run) removeOld() {
	if r.en.Previous == nil {
		return
	}
	for n := max(1, r.en.Previous.Number-maxLeftover); n < r.en.Previous.Number; n++ {
		r.discard(r.en.Name, n)
	}
}

// discard removes the files of a generation that no document names. What cannot
// be removed does no harm.
func (e *Engine) discard(name string, generation int) {
	for _, what := range []string{keyPEM, requestPEM, chainPEM, anchorPEM} {
		_ = e.Store.Remove(generationFile(name, generation, what))
	}
}

// restartRenewal gives up a renewal that is under way, with its key. Its order expires
// unused.
func (r *run) restartRenewal() error {
	left := r.en.Renewal
	if o := left.Order; o != nil {
		r.en.Earlier = append(r.en.Earlier, PastOrder{URL: o.URL, Status: o.Status, Reason: "the renewal was started again", Left: isoTime(r.now())})
	}
	r.en.journal().Placements = append(r.en.Journal.placements(), left.Journal.placements()...)
	r.en.Renewal = r.en.newRenewal(left.Generation+1, r.now()) // other file names: the key that is left may still be there
	if err := r.flush(); err != nil {
		return err
	}
	r.discard(r.en.Name, left.Generation)
	return nil
}
