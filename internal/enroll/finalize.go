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
	Layout    LayoutOptions // how a core wants what was issued; its zero value: only Outputs
	Outputs   []Output      // files by themselves, in place of those of Layout that hold the same
	Overwrite bool          // replace existing files
	// NeedKey refuses an enrolment whose key is not among its files. Without it
	// the key is left out of Outputs then.
	NeedKey bool
	// Judge, when set, looks at a certificate that is what was asked for before
	// it is installed. What it returns are reasons against that; none: it is.
	Judge func(Issued) (reasons []string)
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
	Profile string              // "": of an adopted CSR nobody said
	NF      *nf.Function        // nil: of an adopted CSR nobody said
}

func (e *Enrolment) issuedFor(csr *x509.CertificateRequest, chain []*x509.Certificate) Issued {
	return Issued{Chain: chain, CSR: csr.Raw, Profile: e.CSR.Profile, NF: e.NF}
}

// Finalize sends the CSR, waits for the certificate, downloads it, verifies it
// against what was asked for and installs it. unchanged reports that all was in
// place already.
func (e *Engine) Finalize(ctx context.Context, name string, o FinalizeOptions) (en *Enrolment, unchanged bool, err error) {
	en, end, err := e.begin(ctx, name)
	if err != nil {
		return nil, false, err
	}
	defer end()
	unchanged, err = e.finalize(ctx, en, o)
	return en, unchanged, err
}

func (e *Engine) finalize(ctx context.Context, en *Enrolment, o FinalizeOptions) (unchanged bool, err error) {
	if en.CSR != nil && en.CSR.KeyFile == "" {
		if o, err = o.without(KeylessError{Name: en.Name, URI: en.CSR.KeyURI}); err != nil {
			return false, err
		}
	}
	if en.usable() {
		if err := e.sweep(ctx, en); err != nil {
			return false, err
		}
		return e.installAgain(en, o)
	}
	if !e.whole { // Enroll has done that
		if err := o.preflight(en, en.NF); err != nil {
			return false, err
		}
	}
	if err := e.hasOrder(ctx, en, StepFinalize); err != nil {
		return false, err
	}
	defer e.deviations(StepFinalize)
	if err := e.recover(ctx, en); err != nil {
		return false, err
	}
	csr, err := e.readCSR(en)
	if err != nil {
		return false, err
	}
	if err := e.keyFits(en, csr); err != nil {
		return false, err
	}
	if err := e.issue(ctx, en, csr, o); err != nil {
		return false, pending(err, &PendingError{Name: en.Name, Step: StepFinalize, What: fmt.Sprintf("the CA has not issued the certificate yet (order %s)", en.Order.Status)})
	}
	chain, err := e.download(ctx, en, o)
	if err != nil {
		return false, pending(err, &PendingError{Name: en.Name, Step: StepFinalize, What: "the certificate is issued and not downloaded yet"})
	}
	return false, e.accept(en, csr, chain, o)
}

// issue brings the order from ready to valid. After an interruption it asks how
// the order stands before it sends anything.
func (e *Engine) issue(ctx context.Context, en *Enrolment, csr *x509.CertificateRequest, o FinalizeOptions) error {
	began := en.journal().Finalizing != nil
	if began || en.Order.Status == acmewire.Pending || en.Order.Status == acmewire.Processing {
		if err := e.refreshOrder(ctx, en); err != nil {
			return err
		}
	}
	if en.Order.Status == acmewire.Ready {
		if err := e.sendCSR(ctx, en, csr); err != nil {
			return err
		}
	}
	if en.Order.Status == acmewire.Processing && o.NoWait {
		return &PendingError{Name: en.Name, Step: StepFinalize, What: "the CSR is sent and the CA is working on it"}
	}
	if en.Order.Status == acmewire.Processing {
		if err := e.awaitValid(ctx, en); err != nil {
			return err
		}
	}
	if en.Order.Status == acmewire.Valid {
		en.journal().Finalizing = nil
		return nil
	}
	if err := e.save(en); err != nil {
		return err
	}
	if en.Order.Status == acmewire.Invalid {
		return e.explainFailure(ctx, en)
	}
	return &OutOfTurnError{Name: en.Name, Step: StepFinalize, Needs: StepOrder, Found: orderStanding(en.Order, e.now())}
}

func (e *Engine) refreshOrder(ctx context.Context, en *Enrolment) error {
	got, err := e.CA.Order(ctx, en.Order.URL)
	if err != nil {
		return err
	}
	en.Order.update(got)
	return nil
}

// sendCSR compares the names, saves that the CSR is about to be sent, and sends
// it. A saved order that makes the next run ask the CA needs no such note.
func (e *Engine) sendCSR(ctx context.Context, en *Enrolment, csr *x509.CertificateRequest) error {
	missing, extra := compareNames(csrNames(csr).identifiers(), en.Order.Identifiers)
	if len(missing)+len(extra) > 0 {
		return &NamesError{Name: en.Name, Missing: missing, Extra: extra}
	}
	en.journal().Finalizing = &Finalizing{CSRSHA256: en.CSR.SHA256, At: isoTime(e.now())}
	if !e.unasked {
		if err := e.save(en); err != nil {
			return err
		}
	}
	got, err := e.CA.Finalize(ctx, en.Order.URL, en.Order.Finalize, csr.Raw)
	if refused(err) {
		return e.finalizeRefused(ctx, en, csr, err)
	}
	if err != nil {
		return err
	}
	en.Order.update(got)
	e.tell(StepFinalize, "CSR sent; the order is %s", en.Order.Status)
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

// finalizeRefused notes how the order stands after a refusal. A CA that took
// the CSR of a run that died refuses the same order a second time, so the order
// is asked before the refusal is believed.
func (e *Engine) finalizeRefused(ctx context.Context, en *Enrolment, csr *x509.CertificateRequest, cause error) error {
	if err := e.refreshOrder(ctx, en); err == nil && (en.Order.Status == acmewire.Processing || en.Order.Status == acmewire.Valid) {
		return nil
	}
	en.journal().Finalizing = nil
	refusal := &RefusedCSRError{Name: en.Name, URIs: uncarried(csr, en.Order.Identifiers), Err: cause}
	return errors.Join(refusal, e.save(en))
}

// awaitValid polls the order by the URL that newOrder gave; some CAs name none
// when they answer finalize.
func (e *Engine) awaitValid(ctx context.Context, en *Enrolment) error {
	return e.poll(ctx, StepFinalize, "waiting for the CA to issue the certificate", nil, func(ctx context.Context) (answer, error) {
		got, err := e.CA.Order(ctx, en.Order.URL)
		if err != nil {
			return answer{}, err
		}
		en.Order.update(got)
		return answer{done: got.Status != acmewire.Processing, retryAfter: got.RetryAfter}, nil
	})
}

// accept verifies the chain and, when it is what was asked for, saves and
// installs it. What it is not is saved too, as evidence, and installed nowhere.
func (e *Engine) accept(en *Enrolment, csr *x509.CertificateRequest, chain candidate, o FinalizeOptions) error {
	cert, failure := e.judge(en, csr, chain, o.Judge)
	en.Certificate = cert
	e.attach(en.file(chainPEM), acmewire.EncodePEM(chain.Certificates))
	en.Certificate.Files = map[string]string{KindFullchain: e.Store.Path(en.file(chainPEM))}
	if failure != nil {
		return errors.Join(failure, e.save(en))
	}
	e.attachAnchor(en, chain)
	e.tell(StepFinalize, "certificate %s issued by %s, valid until %s, chain %s", cert.Serial, cert.Issuer, cert.NotAfter.Format("2006-01-02"), cert.Chain)
	if en.CSR.KeyFile != "" {
		en.Certificate.Files[KindKey] = e.Store.Path(en.file(keyPEM))
	}
	if o.Acceptance != (Acceptance{}) {
		en.Certificate.Accepted = &o.Acceptance
	}
	e.unsaved = true
	if en.replaces != nil {
		return e.replace(en, chain.Certificates, o.places)
	}
	return e.install(en, chain.Certificates, o)
}

// savedChain reads the chain of an issued certificate and makes sure that it is
// the one its document tells of.
func (e *Engine) savedChain(en *Enrolment) ([]*x509.Certificate, error) {
	rel := en.file(chainPEM)
	data, err := e.Store.ReadFile(rel)
	if err != nil {
		return nil, &KeyFileError{Path: e.Store.Path(rel), Err: err}
	}
	chain, err := ParseCertificates(data)
	if err != nil {
		return nil, &KeyFileError{Path: e.Store.Path(rel), Err: err}
	}
	if sum := sha256.Sum256(chain[0].Raw); hex.EncodeToString(sum[:]) != en.Certificate.SHA256 {
		return nil, &KeyFileError{Path: e.Store.Path(rel), Err: errors.New("it is not the certificate that was issued")}
	}
	return chain, nil
}
