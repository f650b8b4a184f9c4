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
	if err := w.Finalize.Preflight(); err != nil {
		return en, false, err
	}
	e.whole = true
	defer func() {
		e.whole = false
		if e.unsaved {
			err = errors.Join(err, e.save(en))
		}
	}()
	if err := e.begun(ctx, en, plan, &w); err != nil {
		return en, false, err
	}
	if _, err := e.order(ctx, en, w.Order); err != nil {
		return en, false, err
	}
	_, err = e.finalize(ctx, en, w.Finalize)
	return en, false, err
}

// begun makes the account, and key and CSR, side by side.
func (e *Engine) begun(ctx context.Context, en *Enrolment, plan csrPlan, w *Wishes) error {
	w.Order.Account = orString(w.Order.Account, orString(en.Account, DefaultAccount))
	made := make(chan error, 1)
	go func() {
		if plan.unchanged {
			made <- nil
			return
		}
		made <- e.makeCSR(en, plan)
	}()
	_, _, err := e.Account(ctx, w.Order.Account, w.Account)
	return errors.Join(err, <-made)
}
