package enroll

import (
	"cmp"
	"context"
)

// Options are those of all steps.
type Options struct {
	Account  AccountOptions
	CSR      CSROptions
	Order    OrderOptions // its Account names the account of all steps
	Finalize FinalizeOptions
}

// Enroll runs all steps on one enrolment and passes over those that are done.
// Everything in the options that can be wrong without asking the CA is found
// before the first request. While the CA is asked for the account, key and CSR
// are made.
func (e *Engine) Enroll(ctx context.Context, name string, o Options) (en *Enrolment, unchanged bool, err error) {
	r, err := e.begin(ctx, name)
	if err != nil {
		return nil, false, err
	}
	defer r.end(&err)
	plan, err := r.planCSR(o.CSR)
	if err != nil {
		return r.en, false, err
	}
	if plan.keyless {
		if o.Finalize, err = o.Finalize.withoutKey(KeylessError{Name: name, URI: plan.want.KeyURI}); err != nil {
			return r.en, false, err
		}
	}
	if r.en.usable() {
		if !plan.unchanged { // its key, given later
			if err := r.makeCSR(plan); err != nil {
				return r.en, false, err
			}
		}
		unchanged, err = r.finalize(ctx, o.Finalize)
		return r.en, unchanged && plan.unchanged, err
	}
	if err := o.Finalize.preflight(r.en, plan.function(r.en)); err != nil {
		return r.en, false, err
	}
	return r.en, false, r.allSteps(ctx, plan, o)
}

func (r *run) allSteps(ctx context.Context, plan csrPlan, o Options) error {
	o.Order.Account = cmp.Or(o.Order.Account, r.en.Account, DefaultAccount)
	if err := r.accountAndCSR(ctx, plan, o); err != nil {
		return err
	}
	if _, err := r.order(ctx, o.Order); err != nil {
		return err
	}
	// Once the certificate is there no run registers again, so an account that
	// was not saved would stay lost.
	if err := r.settle(); err != nil {
		return err
	}
	_, err := r.finalize(ctx, o.Finalize)
	return err
}

// accountAndCSR makes the account and, at the same time, key, CSR and the intent
// of the order. It does not wait until the account is saved.
func (r *run) accountAndCSR(ctx context.Context, plan csrPlan, o Options) error {
	if err := r.assign(o.Order.Account); err != nil {
		return err
	}
	if plan.want.KeyURI != "" && !plan.unchanged {
		// A token may ask for its PIN and the CA about its terms: one at a time.
		if err := r.makeCSR(plan); err != nil {
			return err
		}
		plan.unchanged = true
	}
	made := make(chan error, 1)
	go func() { made <- r.csrAndIntent(plan, o.Order) }()
	_, saved, err := r.account(ctx, o.Order.Account, o.Account)
	err = join(err, <-made)
	if saved != nil {
		r.alsoAwait(saved)
	}
	if err != nil && r.placing != nil {
		r.en.journal().Intent = nil // no order was placed
		r.withNext()
	}
	return err
}

// csrAndIntent makes what the CA will be asked for, and saves that it will be.
func (r *run) csrAndIntent(plan csrPlan, o OrderOptions) error {
	if !plan.unchanged {
		if err := r.makeCSR(plan); err != nil {
			return err
		}
	}
	if r.en.Order != nil || r.en.Journal != nil && r.en.Journal.Intent != nil {
		return nil
	}
	return r.saveIntent(o)
}
