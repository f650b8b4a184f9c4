package enroll

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/nf"
)

// FinalizeOptions say how to judge the certificate and where to put it. The
// zero value keeps it in the state alone.
type FinalizeOptions struct {
	NoWait bool
	// Chain chooses among the chains a CA offers: words in the subject of its
	// topmost issuer, or in that certificate's issuer. "": the CA's first.
	Chain string
	// Roots are what the chain must verify to. Empty: what the CA sends, and
	// Anchors.
	Roots []*x509.Certificate
	// Anchors may end the chain when Roots says nothing: the roots trusted for
	// the server's own TLS certificate, which private CAs often share.
	Anchors   []*x509.Certificate
	Layout    LayoutOptions // the files of a core; zero: only Outputs
	Outputs   []Output      // files by themselves, in place of those of Layout that hold the same
	Overwrite bool          // replace existing files
	// NeedKey refuses an enrolment whose key is not among its files. Without it
	// the key is left out of Outputs then.
	NeedKey bool
	// Judge, when set, examines a certificate that is what was asked for before
	// it is installed. What it returns are reasons against that; none: it is.
	Judge func(Issued) (reasons []string)
	// DifferencesShown says that the caller shows Certificate.Differences after a
	// success. No warning announces them then.
	DifferencesShown bool
	// Hook is called when a new certificate is issued, and when its files are put
	// somewhere else, under the enrolment's lock. After an error, or when the process
	// died before it ended, the next run with a hook calls it again. nil: none.
	Hook func(context.Context, *Enrolment) error
	// Acceptance is how Chain, Roots and Judge came about, remembered for the
	// renewal.
	Acceptance Acceptance

	keyless string            // why there is no key; "": there is one
	places  []FinalizeOptions // of a renewal: where its files go, in place of Layout and Outputs
}

// Acceptance says by what a certificate was accepted, in the caller's words.
type Acceptance struct {
	Chain      string `json:"chain,omitempty"`      // as [FinalizeOptions].Chain
	IssuerRoot string `json:"issuerRoot,omitempty"` // absolute path of a file with roots
	Lint       string `json:"lint,omitempty"`
}

// Issued is a certificate and what it was asked for by.
type Issued struct {
	Chain   []*x509.Certificate // leaf first
	CSR     []byte              // DER
	Profile string              // "": adopted, and none was given
	NF      *nf.Function        // nil: adopted, and unknown
}

func (e *Enrolment) issuedFor(csr *x509.CertificateRequest, chain []*x509.Certificate) Issued {
	return Issued{Chain: chain, CSR: csr.Raw, Profile: e.CSR.Profile, NF: e.NF}
}

// Finalize sends the CSR, waits for the certificate, downloads it, verifies it
// against what was asked for and installs it. unchanged reports that all was in
// place already.
func (e *Engine) Finalize(ctx context.Context, name string, o FinalizeOptions) (en *Enrolment, unchanged bool, err error) {
	r, err := e.begin(ctx, name)
	if err != nil {
		return nil, false, err
	}
	defer r.end(&err)
	if !r.en.usable() {
		if o, err = o.withoutKeyOf(r.en); err != nil {
			return r.en, false, err
		}
		if err := o.preflight(r.en, r.en.NF); err != nil {
			return r.en, false, err
		}
	}
	unchanged, err = r.finalize(ctx, o)
	return r.en, unchanged, err
}

func (r *run) finalize(ctx context.Context, o FinalizeOptions) (unchanged bool, err error) {
	if o, err = o.withoutKeyOf(r.en); err != nil {
		return false, err
	}
	if r.en.usable() {
		r.sweep(ctx)
		if unchanged, err = r.installAgain(o); err != nil {
			return false, err
		}
		return unchanged, r.callHook(ctx, o, unchanged)
	}
	if err := r.hasOrder(ctx, StepFinalize); err != nil {
		return false, err
	}
	defer r.deviations(StepFinalize)
	if err := r.recover(ctx); err != nil {
		return false, err
	}
	csr, err := r.readCSR()
	if err != nil {
		return false, err
	}
	if err := r.keyFits(csr); err != nil {
		return false, err
	}
	if err := r.issue(ctx, csr, o); err != nil {
		return false, pending(err, &PendingError{Name: r.en.Name, Step: StepFinalize, What: fmt.Sprintf("the CA has not issued the certificate yet (order %s)", r.en.Order.Status)})
	}
	chain, err := r.download(ctx, o)
	if err != nil {
		return false, pending(err, &PendingError{Name: r.en.Name, Step: StepFinalize, What: "the certificate is issued and not downloaded yet"})
	}
	if err := r.accept(csr, chain, o); err != nil {
		return false, err
	}
	return false, r.callHook(ctx, o, false)
}

// issue brings the order from ready to valid. After an interruption it asks for
// the state of the order before it sends anything.
func (r *run) issue(ctx context.Context, csr *x509.CertificateRequest, o FinalizeOptions) error {
	began := r.en.journal().Finalizing != nil
	if began || r.en.Order.Status == Pending || r.en.Order.Status == Processing {
		if err := r.refreshOrder(ctx); err != nil {
			return err
		}
	}
	if r.en.Order.Status == Ready {
		if err := r.sendCSR(ctx, csr); err != nil {
			return err
		}
	}
	if r.en.Order.Status == Processing && o.NoWait {
		return &PendingError{Name: r.en.Name, Step: StepFinalize, What: "the CSR is sent and the CA is working on it"}
	}
	if r.en.Order.Status == Processing {
		if err := r.awaitValid(ctx); err != nil {
			return err
		}
	}
	if r.en.Order.Status == Valid {
		r.en.journal().Finalizing = nil
		return nil
	}
	r.withNext()
	if r.en.Order.Status == Invalid {
		return r.explainFailure(ctx)
	}
	return &OutOfTurnError{Name: r.en.Name, Step: StepFinalize, Needs: StepOrder, Found: orderStanding(r.en.Order, r.now())}
}

func (r *run) refreshOrder(ctx context.Context) error {
	got, err := r.CA.Order(ctx, r.en.Order.URL)
	if err != nil {
		return err
	}
	r.en.Order.update(got)
	return nil
}

// sendCSR compares the names, saves that the CSR is about to be sent, and sends
// it.
func (r *run) sendCSR(ctx context.Context, csr *x509.CertificateRequest) error {
	missing, extra := compareNames(csrNames(csr).identifiers(), r.en.Order.Identifiers)
	if len(missing)+len(extra) > 0 {
		return &NamesError{Name: r.en.Name, Missing: missing, Extra: extra}
	}
	r.en.journal().Finalizing = &Finalizing{CSRSHA256: r.en.CSR.SHA256, At: isoTime(r.now())}
	if err := r.beforeRequest(); err != nil {
		return err
	}
	got, err := r.CA.Finalize(ctx, r.en.Order.URL, r.en.Order.Finalize, csr.Raw)
	if refused(err) {
		return r.finalizeRefused(ctx, csr, err)
	}
	if err != nil {
		return err
	}
	r.en.Order.update(got)
	r.tell(StepFinalize, "CSR sent; the order is %s", r.en.Order.Status)
	return nil
}

// RefusedCSRError is the CA's refusal of a CSR, with the names in it that the
// order does not carry: with today's CAs these are the likely cause.
type RefusedCSRError struct {
	Name string
	URIs []string
	Err  error
}

func (e *RefusedCSRError) Error() string {
	return fmt.Sprintf("finalize %s: the CA refused the CSR: %v", e.Name, e.Err)
}
func (e *RefusedCSRError) Unwrap() error { return e.Err }

// finalizeRefused records the state of the order after a refusal. A CA that took
// the CSR of a run that died refuses the same order a second time, so the order
// is asked before the refusal is believed.
func (r *run) finalizeRefused(ctx context.Context, csr *x509.CertificateRequest, cause error) error {
	if err := r.refreshOrder(ctx); err == nil && (r.en.Order.Status == Processing || r.en.Order.Status == Valid) {
		return nil
	}
	r.en.journal().Finalizing = nil
	r.withNext()
	return &RefusedCSRError{Name: r.en.Name, URIs: notOrdered(csr, r.en.Order.Identifiers), Err: cause}
}

// awaitValid polls the order by the URL that newOrder gave; some CAs name none
// when they answer finalize.
func (r *run) awaitValid(ctx context.Context) error {
	return r.poll(ctx, StepFinalize, "waiting for the CA to issue the certificate", nil, func(ctx context.Context) (answer, error) {
		got, err := r.CA.Order(ctx, r.en.Order.URL)
		if err != nil {
			return answer{}, err
		}
		r.en.Order.update(got)
		return answer{done: r.en.Order.Status != Processing, retryAfter: got.RetryAfter}, nil
	})
}

// accept verifies the chain and, when it is what was asked for, saves and
// installs it. What it is not is saved too, as evidence, and installed nowhere.
func (r *run) accept(csr *x509.CertificateRequest, chain candidate, o FinalizeOptions) error {
	cert, failure := r.judge(csr, chain, o)
	r.en.Certificate = cert
	r.attach(r.en.file(chainPEM), acmewire.EncodePEM(chain.Certificates))
	r.en.Certificate.Files = map[string]string{KindFullchain: r.Store.Path(r.en.file(chainPEM))}
	if failure != nil {
		return failure // attach has marked the enrolment for the next save
	}
	r.attachAnchor(chain)
	r.tell(StepFinalize, "certificate %s issued by %s, valid until %s, chain %s", cert.Serial, cert.Issuer, cert.NotAfter.Format("2006-01-02"), cert.Chain)
	if r.en.CSR.KeyFile != "" {
		r.en.Certificate.Files[KindKey] = r.Store.Path(r.en.file(keyPEM))
	}
	if o.Acceptance != (Acceptance{}) {
		r.en.Certificate.Accepted = &o.Acceptance
	}
	if r.en.replaces != nil {
		return r.replace(chain.Certificates, o.places)
	}
	return r.install(chain.Certificates, o)
}

// savedChain reads the chain of an issued certificate and makes sure that it is
// the one its document describes.
func (r *run) savedChain() ([]*x509.Certificate, error) {
	rel := r.en.file(chainPEM)
	data, err := r.Store.ReadFile(rel)
	if err != nil {
		return nil, &KeyFileError{Path: r.Store.Path(rel), Err: err}
	}
	chain, err := ParseCertificates(data)
	if err != nil {
		return nil, &KeyFileError{Path: r.Store.Path(rel), Err: err}
	}
	if sum := sha256.Sum256(chain[0].Raw); hex.EncodeToString(sum[:]) != r.en.Certificate.SHA256 {
		return nil, &KeyFileError{Path: r.Store.Path(rel), Err: errors.New("it is not the certificate that was issued")}
	}
	return chain, nil
}
