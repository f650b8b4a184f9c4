package enroll

import (
	"context"
	"errors"
)

// Wishes are the options of all steps.
type Wishes struct {
	Account  AccountOptions
	CSR      CSROptions
	Order    OrderOptions // its Account names the account of all steps
	Finalize FinalizeOptions
}

// Enroll runs all steps on one enrolment and passes over those that are done.
// Everything in the wishes that can be wrong without asking the CA is found
// before the first request. While the CA is asked for the account, key and CSR
// are made; what one step saves at its end and the next at its beginning is
// saved once.
func (e *Engine) Enroll(ctx context.Context, name string, w Wishes) (en *Enrolment, unchanged bool, err error) {
	en, end, err := e.begin(ctx, name)
	if err != nil {
		return nil, false, err
	}
	defer end()
	plan, err := e.planCSR(en, w.CSR)
	if err != nil {
		return en, false, err
	}
	if plan.keyless {
		if w.Finalize, err = w.Finalize.without(KeylessError{Name: en.Name, URI: plan.want.KeyURI}); err != nil {
			return en, false, err
		}
	}
	if en.usable() {
		if !plan.unchanged { // its key, brought after it
			if err := e.makeCSR(en, plan); err != nil {
				return en, false, err
			}
		}
		unchanged, err = e.finalize(ctx, en, w.Finalize)
		return en, unchanged && plan.unchanged, err
	}
	if err := w.Finalize.preflight(en, plan.function(en)); err != nil {
		return en, false, err
	}
	e.whole = true
	defer func() {
		e.whole = false
		if e.unsaved {
			err = errors.Join(err, e.save(en))
		}
	}()
	saved, err := e.begun(ctx, en, plan, &w)
	defer func() {
		if failed := saved(); failed != nil && !errors.Is(err, failed) {
			err = errors.Join(err, failed)
		}
	}()
	if err != nil {
		return en, false, err
	}
	if _, err := e.order(ctx, en, w.Order); err != nil {
		return en, false, err
	}
	// Once the certificate is there no run registers again, so an account that
	// was not saved would stay lost.
	if err := saved(); err != nil {
		return en, false, err
	}
	_, err = e.finalize(ctx, en, w.Finalize)
	return en, false, err
}

// begun makes the account, and side by side with it key and CSR and the intent
// of the order. saved waits until what is known of the account is on disk.
func (e *Engine) begun(ctx context.Context, en *Enrolment, plan csrPlan, w *Wishes) (saved func() error, err error) {
	saved = func() error { return nil }
	w.Order.Account = orString(w.Order.Account, orString(en.Account, DefaultAccount))
	if err := e.claim(en, w.Order.Account); err != nil {
		return saved, err
	}
	if plan.want.KeyURI != "" && !plan.unchanged {
		// A token may ask for its PIN and the CA about its terms: one at a time.
		if err := e.makeCSR(en, plan); err != nil {
			return saved, err
		}
		plan.unchanged = true
	}
	made := make(chan error, 1)
	go func() { made <- e.requested(en, plan, w.Order) }()
	_, wait, err := e.account(ctx, w.Order.Account, w.Account)
	if wait != nil {
		saved, e.settled = wait, wait
	}
	if err = errors.Join(err, <-made); err != nil && e.intends {
		en.journal().Intent = nil // no order was placed
		e.unsaved = true
	}
	return saved, err
}

// requested makes what the CA will be asked for, and saves that it will be.
func (e *Engine) requested(en *Enrolment, plan csrPlan, o OrderOptions) error {
	if !plan.unchanged {
		if err := e.makeCSR(en, plan); err != nil {
			return err
		}
	}
	if en.Order != nil || en.Journal != nil && en.Journal.Intent != nil {
		return nil
	}
	return e.intend(en, o)
}
