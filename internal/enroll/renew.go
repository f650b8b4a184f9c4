package enroll

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
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
	// whose key cannot be made here: it is in a token, or with who made the CSR.
	ReuseKey bool
	KeyType  csrgen.KeyType // of a new key; "": as before
	// Adopt, Key and KeyURI bring a CSR or a key along, as in [CSROptions].
	Adopt  []byte
	Key    crypto.Signer
	KeyURI string
	// Anew gives up a renewal that is under way and begins another.
	Anew bool
	// Order's Identifiers and Profile are the last order's where they are empty;
	// Finalize's Layout and Outputs, both empty, the places of the last files.
	Order    OrderOptions
	Finalize FinalizeOptions
	// Passphrase finds that of PKCS#12 files among those places, before the CA
	// is asked for anything; file is where it came from before, or "".
	Passphrase func(file string) (secret.Bytes, error)
	// Hook is called when the new files are in place, under the enrolment's lock.
	// After an error, or when the process died before it ended, the next run
	// calls it again. nil: nobody is told.
	Hook func(context.Context, *Enrolment) error
}

// Renew gets the next certificate of an enrolment that has one, by the same
// steps as the first. The certificate that is installed stays as it is until the
// new one is verified; then all files change together, and it is kept as the
// previous one. A renewal that an earlier run began is gone on with.
func (e *Engine) Renew(ctx context.Context, name string, o RenewOptions) (en *Enrolment, err error) {
	en, end, err := e.begin(ctx, name)
	if err != nil {
		return nil, err
	}
	defer end()
	if err := e.renewable(en); err != nil {
		return en, err
	}
	if err := e.sweep(ctx, en); err != nil {
		return en, err
	}
	places, err := en.places(o)
	if err != nil {
		return en, err
	}
	if en.Swapping() {
		return en, e.settle(ctx, en, places, o)
	}
	if en.Renewal != nil && (o.Anew || en.Certificate.revokedSince(en.Renewal.Started)) {
		if err := e.anew(en); err != nil {
			return en, err
		}
	}
	e.whole = true
	err = e.renew(ctx, en, places, o)
	e.whole = false
	if e.unsaved && en.Renewal != nil {
		err = errors.Join(err, e.save(en))
	}
	if err != nil {
		return en, err
	}
	return en, e.announce(ctx, en, o)
}

// renewable refuses enrolments that have nothing to renew, or not here.
func (e *Engine) renewable(en *Enrolment) error {
	if !en.usable() {
		return &OutOfTurnError{Name: en.Name, Step: StepRenew, Needs: en.nextStep(), Found: "it has no certificate yet that could be renewed"}
	}
	if url := e.CA.DirectoryURL(); en.Server != url {
		return &ConflictError{Name: en.Name, Field: "server", Saved: en.Server, Asked: url, Why: "a certificate is renewed where it was issued; another name makes another enrolment"}
	}
	return nil
}

// Swapping reports whether the files of a new certificate may not all be where
// they belong.
func (en *Enrolment) Swapping() bool { return en.Journal != nil && en.Journal.Swap != nil }

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

// renew takes the steps in the view of the renewal.
func (e *Engine) renew(ctx context.Context, en *Enrolment, places []FinalizeOptions, o RenewOptions) error {
	if en.Certificate.Revoked != nil {
		if err := e.freshKey(en, o); err != nil {
			return err
		}
	}
	view := e.renewal(en)
	wishes, err := e.nextCSR(en, o)
	if err != nil {
		return err
	}
	plan, err := e.planCSR(view, wishes)
	if err != nil {
		return err
	}
	for i := range places {
		if plan.keyless {
			if places[i], err = places[i].without(KeylessError{Name: en.Name, URI: plan.want.KeyURI}); err != nil {
				return err
			}
		}
		if err := places[i].preflight(view, plan.function(view)); err != nil {
			return err
		}
	}
	order, err := e.nextOrder(ctx, en, o)
	if err != nil {
		return err
	}
	if !plan.unchanged {
		if err := e.makeCSR(view, plan); err != nil {
			return err
		}
	}
	if _, err := e.order(ctx, view, order); err != nil {
		return err
	}
	finalize := o.Finalize
	finalize.Layout, finalize.Outputs, finalize.places = LayoutOptions{}, nil, places
	if o.Finalize.installs() {
		view.Installed = []Installation{o.Finalize.installation()}
	}
	_, err = e.finalize(ctx, view, finalize)
	return err
}

// freshKey refuses to keep the key of a certificate that was revoked.
func (e *Engine) freshKey(en *Enrolment, o RenewOptions) error {
	refuse := func(why string) error { return &KeyReuseError{Name: en.Name, Why: "its certificate was revoked" + why} }
	chain, err := e.savedChain(en)
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
	begun := en.Renewal != nil && en.Renewal.CSR != nil // since it was revoked, and with another key
	switch {
	case o.ReuseKey, same:
		return refuse("")
	case o.Adopt != nil, begun:
		return nil
	case en.CSR.Adopted:
		return refuse(", and its CSR was brought along, so only another CSR has another key")
	case en.CSR.KeyURI != "" && (!brought || o.KeyURI == en.CSR.KeyURI):
		return refuse(", and its key is in a token, where nfcert makes none")
	}
	return nil
}

// nextCSR is what the next CSR is to be: as the last one, with a new key.
func (e *Engine) nextCSR(en *Enrolment, o RenewOptions) (w CSROptions, err error) {
	was := en.CSR
	w = CSROptions{Key: o.Key, KeyURI: o.KeyURI, NeedKey: was.KeyFile != "" && len(en.Installed) > 0}
	begun := en.Renewal.CSR
	switch {
	case o.Adopt != nil:
		w.Adopt = o.Adopt
		if was.Adopted {
			w.Profile = was.Profile
		}
		return w, nil
	case begun != nil && begun.Adopted:
		return w, nil // the one that the renewal has
	case was.Adopted:
		return e.sameCSR(en, w)
	}
	w.Function, w.Profile, w.Extras = en.NF, was.Profile, was.Extras
	if w.Omit = was.Omitted; w.Omit == nil {
		w.Omit = []csrgen.Part{}
	}
	if w.Extras == nil {
		w.Extras = &csrgen.Extras{}
	}
	switch {
	case w.Key != nil || w.KeyURI != "":
	case was.KeyURI != "":
		e.warn(StepRenew, "the key is in a token, where nfcert makes none, so it is kept; bring another with --key-in")
		w.KeyURI = was.KeyURI
	case o.ReuseKey:
		w.Key, err = e.readKey(en.file(keyPEM))
	case o.KeyType != "":
		w.KeyType = o.KeyType
	case begun != nil: // perhaps of another type, asked for by the run that began it
		w.KeyType = csrgen.KeyType(begun.KeyType)
	default:
		w.KeyType = csrgen.KeyType(was.KeyType)
	}
	return w, err
}

// sameCSR renews by the CSR that was brought along, which is all there is.
func (e *Engine) sameCSR(en *Enrolment, w CSROptions) (CSROptions, error) {
	e.warn(StepRenew, "the CSR was brought along, so it is sent again with the key that it has; bring another with --csr-in")
	csr, err := e.readCSR(en)
	if err != nil {
		return w, err
	}
	w.Adopt, w.Profile = csr.Raw, en.CSR.Profile
	switch {
	case w.Key != nil || w.KeyURI != "":
	case en.CSR.KeyFile != "":
		w.Key, err = e.readKey(en.file(keyPEM))
	default:
		w.KeyURI = en.CSR.KeyURI
	}
	return w, err
}

// nextOrder is what the next order asks for: as the last one, and that it
// replaces the certificate where the CA keeps account of that (RFC 9773
// section 5).
func (e *Engine) nextOrder(ctx context.Context, en *Enrolment, o RenewOptions) (OrderOptions, error) {
	next := o.Order
	next.NoSolve, next.NoWait = false, false
	if o.Adopt == nil && len(next.Identifiers) == 0 {
		next.Identifiers = en.Order.Identifiers
	}
	next.Profile = orString(next.Profile, en.Order.Profile)
	dir, err := e.CA.Directory(ctx)
	if err != nil {
		return next, err
	}
	if dir.RenewalInfo == "" {
		return next, nil
	}
	chain, err := e.savedChain(en)
	if err != nil {
		return next, err
	}
	if next.Replaces, err = acmewire.CertID(chain[0]); err != nil {
		e.warn(StepRenew, "the order cannot say which certificate it replaces: %v", err)
	}
	return next, nil
}

// settle ends a renewal whose files were not all in place, or of which not
// everybody was told, when its run ended.
func (e *Engine) settle(ctx context.Context, en *Enrolment, places []FinalizeOptions, o RenewOptions) error {
	chain, err := e.savedChain(en)
	if err != nil {
		return err
	}
	for i := range places {
		if en.CSR.KeyFile == "" {
			if places[i], err = places[i].without(KeylessError{Name: en.Name, URI: en.CSR.KeyURI}); err != nil {
				return err
			}
		}
	}
	e.tell(StepRenew, "an earlier run renewed the certificate and ended early; its files are put in place")
	files, err := e.everywhere(en, chain, places)
	if err != nil {
		return err
	}
	if err := e.installWhileSaving(en, files, true); err != nil {
		return err
	}
	return e.announce(ctx, en, o)
}

// announce calls the hook, and notes that the renewal is at its end.
func (e *Engine) announce(ctx context.Context, en *Enrolment, o RenewOptions) error {
	if o.Hook != nil {
		if err := o.Hook(ctx, en); err != nil {
			return err
		}
	}
	en.journal().Swap = nil
	if err := e.save(en); err != nil {
		return err
	}
	e.tidy(en)
	return nil
}

// KeyReuseError refuses to renew a certificate with the key that it has.
type KeyReuseError struct{ Name, Why string }

func (e *KeyReuseError) Error() string {
	return fmt.Sprintf("renew %s: another key is needed: %s", e.Name, e.Why)
}
