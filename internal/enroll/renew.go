package enroll

import (
	"cmp"
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"slices"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/secret"
)

// RenewOptions say how to get an enrolment's next certificate. The zero value
// makes a new key, asks for the same as before and puts the files where those of
// the last certificate are.
type RenewOptions struct {
	// ReuseKey keeps the key. Without it a new one is made, but for enrolments
	// whose key cannot be made here: it is in a token, or where the CSR was made.
	ReuseKey bool
	KeyType  csrgen.KeyType // of a new key; "": as before
	// Adopt, Key and KeyURI give a CSR or a key, as in [CSROptions].
	Adopt  []byte
	Key    crypto.Signer
	KeyURI string
	// Anew gives up a renewal that is under way and begins another.
	Anew bool
	// Order's Identifiers and Profile are the last order's where they are empty;
	// Finalize's Layout and Outputs, both empty, the places of the last files.
	Order    OrderOptions
	Finalize FinalizeOptions
	// Complete fills in what depends on the enrolment, which it gets as it is saved
	// and under its lock. nil: the options are complete.
	Complete func(*Enrolment, *RenewOptions) error
	// Passphrase finds that of PKCS#12 files among those places, before the CA
	// is asked for anything; file is where it came from before, or "".
	Passphrase func(file string) (secret.Bytes, error)
	// Hook is called when the new files are in place, under the enrolment's lock.
	// After an error, or when the process died before it ended, the next run
	// calls it again. nil: none.
	Hook func(context.Context, *Enrolment) error
}

// Renew gets the next certificate of an enrolment that has one, by the same
// steps as the first. The certificate that is installed stays as it is until the
// new one is verified; then all files change together, and it is kept as the
// previous one. A renewal that an earlier run started is continued.
func (e *Engine) Renew(ctx context.Context, name string, o RenewOptions) (en *Enrolment, err error) {
	r, err := e.begin(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.end(&err)
	en = r.en
	if err := r.renewable(); err != nil {
		return en, err
	}
	if o.Complete != nil {
		if err := o.Complete(en, &o); err != nil {
			return en, err
		}
	}
	r.sweep(ctx)
	places, err := en.places(o)
	if err != nil {
		return en, err
	}
	if en.Swapping() {
		return en, r.finishSwap(ctx, places, o)
	}
	if en.Renewal != nil && (o.Anew || en.Certificate.revokedSince(en.Renewal.Started)) {
		if err := r.restartRenewal(); err != nil {
			return en, err
		}
	}
	if err := r.renew(ctx, places, o); err != nil {
		return en, err
	}
	return en, r.announce(ctx, o)
}

// renewable refuses enrolments that have nothing to renew, or not here.
func (r *run) renewable() error {
	if !r.en.usable() {
		return &OutOfTurnError{Name: r.en.Name, Step: StepRenew, Needs: r.en.nextStep(), Found: "it has no certificate yet that could be renewed"}
	}
	if url := r.CA.DirectoryURL(); r.en.Server != url {
		return &ConflictError{Name: r.en.Name, Field: "server", Saved: r.en.Server, Asked: url, Why: "a certificate is renewed where it was issued; another name makes another enrolment"}
	}
	return nil
}

// Swapping reports whether the files of a new certificate may not all be where
// they belong.
func (en *Enrolment) Swapping() bool { return en.Journal != nil && en.Journal.Swap != nil }

// HookOwed reports whether the hook of finalize or enroll has not ended well.
func (en *Enrolment) HookOwed() bool { return en.Swapping() && en.Journal.Swap.OnlyHook }

// places are where the next certificate's files go.
func (en *Enrolment) places(o RenewOptions) (places []FinalizeOptions, err error) {
	if asked := o.Finalize.installation(); o.Finalize.installs() {
		same := func(in Installation) bool { return sameInstallation(in, asked) }
		o.Finalize.Overwrite = o.Finalize.Overwrite || slices.ContainsFunc(en.Installed, same)
		return []FinalizeOptions{o.Finalize}, nil
	}
	for _, in := range en.Installed {
		var passphrase secret.Bytes
		if in.wantsPassphrase() {
			if passphrase, err = o.Passphrase(in.PassphraseFile); err != nil {
				return nil, err
			}
		}
		places = append(places, in.again(o.Finalize, passphrase))
	}
	return places, nil
}

// renew takes the steps in the view of the next certificate.
func (r *run) renew(ctx context.Context, places []FinalizeOptions, o RenewOptions) error {
	inUse := r.reader(r.en) // the certificate that is renewed
	if r.en.Certificate.Revoked != nil {
		if err := inUse.requireNewKey(o); err != nil {
			return err
		}
	}
	r.en = r.en.nextView(r.now())
	want, err := inUse.nextCSR(o)
	if err != nil {
		return err
	}
	plan, err := r.planCSR(want)
	if err != nil {
		return err
	}
	for i := range places {
		if plan.keyless {
			if places[i], err = places[i].withoutKey(KeylessError{Name: r.en.Name, URI: plan.want.KeyURI}); err != nil {
				return err
			}
		}
		if err := places[i].preflight(r.en, plan.function(r.en)); err != nil {
			return err
		}
	}
	order, err := inUse.nextOrder(ctx, o)
	if err != nil {
		return err
	}
	if !plan.unchanged {
		if err := r.makeCSR(plan); err != nil {
			return err
		}
	}
	if _, err := r.order(ctx, order); err != nil {
		return err
	}
	finalize := o.Finalize
	finalize.Layout, finalize.Outputs, finalize.places = LayoutOptions{}, nil, places
	if o.Finalize.installs() {
		r.en.Installed = []Installation{o.Finalize.installation()}
	}
	_, err = r.finalize(ctx, finalize)
	return err
}

// requireNewKey refuses to keep the key of a certificate that was revoked.
func (r *run) requireNewKey(o RenewOptions) error {
	refuse := func(why string) error {
		return &KeyReuseError{Name: r.en.Name, Why: "its certificate was revoked" + why}
	}
	chain, err := r.savedChain()
	if err != nil {
		return err
	}
	brought := o.KeyURI != "" || o.Key != nil
	same := o.Key != nil && csrgen.SameKey(o.Key.Public(), chain[0].PublicKey)
	if o.Adopt != nil {
		csr, err := x509.ParseCertificateRequest(o.Adopt)
		if err != nil {
			return fmt.Errorf("adopting a certificate request: %w", err)
		}
		same = csrgen.SameKey(csr.PublicKey, chain[0].PublicKey)
	}
	started := r.en.Renewal != nil && r.en.Renewal.CSR != nil // since it was revoked, and with another key
	switch {
	case o.ReuseKey, same:
		return refuse("")
	case o.Adopt != nil, started:
		return nil
	case r.en.CSR.Adopted:
		return refuse(", and its CSR was adopted, so only another CSR can have another key")
	case r.en.CSR.KeyURI != "" && (!brought || o.KeyURI == r.en.CSR.KeyURI):
		return refuse(", and its key is in a token, where nfcert cannot make one")
	}
	return nil
}

// nextCSR is what the next CSR is to be: as the last one, with a new key.
func (r *run) nextCSR(o RenewOptions) (w CSROptions, err error) {
	was := r.en.CSR
	w = CSROptions{Key: o.Key, KeyURI: o.KeyURI, NeedKey: was.KeyFile != "" && len(r.en.Installed) > 0}
	started := r.en.Renewal.CSR
	switch {
	case o.Adopt != nil:
		w.Adopt = o.Adopt
		if was.Adopted {
			w.Profile = was.Profile
		}
		return w, nil
	case started != nil && started.Adopted:
		return w, nil // the one that the renewal has
	case was.Adopted:
		return r.resendCSR(w)
	}
	w.Function, w.Profile, w.Extras = r.en.NF, was.Profile, was.Extras
	if w.Omit = was.omitted(); w.Omit == nil {
		w.Omit = []csrgen.Part{}
	}
	if w.Extras == nil {
		w.Extras = &csrgen.Extras{}
	}
	switch {
	case w.Key != nil || w.KeyURI != "":
	case was.KeyURI != "":
		r.warn(StepRenew, "the key is in a token, where nfcert cannot make one, so it is kept; use another with --key-in")
		w.KeyURI = was.KeyURI
	case o.ReuseKey:
		w.Key, err = r.readKey(r.en.file(keyPEM))
	case o.KeyType != "":
		w.KeyType = o.KeyType
	case started != nil: // its type may be another, chosen by the run that started it
		w.KeyType = csrgen.KeyType(started.KeyType)
	default:
		w.KeyType = csrgen.KeyType(was.KeyType)
	}
	return w, err
}

// resendCSR renews with the adopted CSR, as no other can be made here.
func (r *run) resendCSR(w CSROptions) (CSROptions, error) {
	r.warn(StepRenew, "the CSR was adopted, so it is sent again with the same key; use another with --csr-in")
	csr, err := r.readCSR()
	if err != nil {
		return w, err
	}
	w.Adopt, w.Profile = csr.Raw, r.en.CSR.Profile
	switch {
	case w.Key != nil || w.KeyURI != "":
	case r.en.CSR.KeyFile != "":
		w.Key, err = r.readKey(r.en.file(keyPEM))
	default:
		w.KeyURI = r.en.CSR.KeyURI
	}
	return w, err
}

// nextOrder is what the next order asks for: as the last one, and that it
// replaces the certificate where the CA keeps account of that (RFC 9773
// section 5).
func (r *run) nextOrder(ctx context.Context, o RenewOptions) (OrderOptions, error) {
	next := o.Order
	next.NoSolve, next.NoWait = false, false
	if o.Adopt == nil && len(next.Identifiers) == 0 {
		next.Identifiers = r.en.Order.Identifiers
	}
	next.Profile = cmp.Or(next.Profile, r.en.Order.Profile)
	dir, err := r.CA.Directory(ctx)
	if err != nil {
		return next, err
	}
	if dir.RenewalInfo == "" {
		return next, nil
	}
	chain, err := r.savedChain()
	if err != nil {
		return next, err
	}
	if next.Replaces, err = acmewire.CertID(chain[0]); err != nil {
		r.warn(StepRenew, "the order cannot say which certificate it replaces: %v", err)
	}
	return next, nil
}

// finishSwap ends a renewal whose files were not all in place, or whose
// hook had not ended well, when its run ended.
func (r *run) finishSwap(ctx context.Context, places []FinalizeOptions, o RenewOptions) error {
	chain, err := r.savedChain()
	if err != nil {
		return err
	}
	for i := range places {
		if r.en.CSR.KeyFile == "" {
			if places[i], err = places[i].withoutKey(KeylessError{Name: r.en.Name, URI: r.en.CSR.KeyURI}); err != nil {
				return err
			}
		}
	}
	r.tell(StepRenew, "an earlier run ended before all files were in place or its hook had succeeded; installing the files")
	files, err := r.filesForAll(chain, places)
	if err != nil {
		return err
	}
	if err := r.installWhileSaving(files, true); err != nil {
		return err
	}
	return r.announce(ctx, o)
}

// announce calls the hook, and notes that the renewal is at its end.
func (r *run) announce(ctx context.Context, o RenewOptions) error {
	if o.Hook != nil {
		if err := o.Hook(ctx, r.en); err != nil {
			return err
		}
	}
	r.en.journal().Swap = nil
	if err := r.flush(); err != nil {
		return err
	}
	r.removeOld()
	return nil
}

// KeyReuseError refuses to renew a certificate with the key that it has.
type KeyReuseError struct{ Name, Why string }

func (e *KeyReuseError) Error() string {
	return fmt.Sprintf("renew %s: another key is needed: %s", e.Name, e.Why)
}
