package enroll

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"

	"github.com/nfcert/nfcert/internal/acmewire"
)

// known are the facts of a key before it is registered.
type known struct {
	key        bool // the CA may know it: it was given, or an earlier run left it
	thumbprint string
}

// registration is how it went.
type registration struct {
	*acmewire.Account
	found      bool   // the CA had it already
	terms      string // URL of those that were agreed to
	bindingKey string // key id of the binding that was used
}

// register asks for the account. One that the CA has for the key already needs
// neither terms nor binding.
func (c *client) register(ctx context.Context, o AccountOptions, k known) (registration, error) {
	d, err := c.CA.Directory(ctx)
	if err != nil {
		return registration{}, err
	}
	terms := d.Meta.TermsOfService
	if terms != "" && !o.TermsAgreed && o.AskTerms != nil {
		if o.TermsAgreed, err = o.AskTerms(terms); err != nil {
			return registration{}, err
		}
	}
	var lacks error
	switch {
	case terms != "" && !o.TermsAgreed:
		lacks = &TermsError{URL: terms}
	case d.Meta.ExternalAccountRequired && o.Binding == nil && o.FetchBinding == nil:
		lacks = &BindingRequiredError{Server: c.CA.DirectoryURL()}
	}
	if k.key && (lacks != nil || o.FetchBinding != nil) { // a fresh binding must not be wasted
		a, err := c.CA.FindAccount(ctx)
		if p, ok := errors.AsType[*acmewire.Problem](err); !ok || !p.HasType("accountDoesNotExist") {
			return registration{Account: a, found: true}, err
		}
	}
	if lacks != nil {
		return registration{}, lacks
	}
	if o.FetchBinding != nil {
		if o.Binding, err = o.FetchBinding(ctx, c.CA.DirectoryURL(), k.thumbprint); err != nil {
			return registration{}, err
		}
	}
	c.warnOfShortMAC(o.Binding)
	a, created, err := c.CA.Register(ctx, acmewire.NewAccount{Contact: o.Contact, TermsAgreed: o.TermsAgreed, Binding: o.Binding})
	if err == nil && !created && !k.key {
		c.deviated(acmewire.DevNewAccountStatus, "newAccount answered 200 for a new key, want 201")
	}
	r := registration{Account: a, found: !created && k.key, terms: terms}
	if o.Binding != nil && !r.found {
		r.bindingKey = o.Binding.KeyID
	}
	return r, c.bindingRefused(d, o.Binding, err)
}

// warnOfShortMAC warns of a MAC key that strict CAs refuse.
func (e *Engine) warnOfShortMAC(b *acmewire.Binding) {
	if b != nil && b.Key.Len() < b.MinKeySize() {
		e.deviated(acmewire.DevEABKeyShort, "%d bytes for %s, want %d or more", b.Key.Len(), b.MAC(), b.MinKeySize())
		e.warn(StepAccount, "the MAC key of the binding has %d bytes, and RFC 7518 3.2 wants %d or more for %s", b.Key.Len(), b.MinKeySize(), b.MAC())
	}
}

// BindingRefusedError says that the CA refused a registration with an external
// account binding, with what can be seen from here of why.
type BindingRefusedError struct {
	KeyID     string
	Algorithm string
	KeyBytes  int
	Short     bool // the key is shorter than its algorithm wants
	Twice     bool // the key is base64 text itself, so it may have been encoded twice
	// Directory and NewAccount are the URLs when they are on different hosts, as
	// behind a proxy that does not rewrite what passes it. Else "".
	Directory, NewAccount string
	Problem               *acmewire.Problem
}

func (e *BindingRefusedError) Error() string {
	return "the CA refused the external account binding: " + e.Problem.Error()
}

func (e *BindingRefusedError) Unwrap() error { return e.Problem }

// bindingRefused is err with the facts of the binding, when it may be the
// cause: CAs answer a wrong one with any of these.
func (e *Engine) bindingRefused(d *acmewire.Directory, b *acmewire.Binding, err error) error {
	p, ok := errors.AsType[*acmewire.Problem](err)
	if !ok || b == nil {
		return err
	}
	blamed := false
	for _, kind := range []string{"unauthorized", "malformed", "externalAccountRequired", "serverInternal"} {
		blamed = blamed || p.HasType(kind)
	}
	if !blamed {
		return err
	}
	if p.HasType("serverInternal") {
		e.deviated(acmewire.DevEABRefusedAsFailure, "HTTP %d: %v", p.Status, p)
	}
	refused := &BindingRefusedError{
		KeyID: b.KeyID, Algorithm: b.MAC(), KeyBytes: b.Key.Len(), Short: b.Key.Len() < b.MinKeySize(),
		Twice: isBase64(b.Key.Reveal()), Problem: p,
	}
	from, err1 := url.Parse(e.CA.DirectoryURL())
	to, err2 := url.Parse(d.NewAccount)
	if err1 == nil && err2 == nil && !strings.EqualFold(from.Host, to.Host) {
		refused.Directory, refused.NewAccount = e.CA.DirectoryURL(), d.NewAccount
	}
	return refused
}

// isBase64 reports whether a key is base64 text, of any alphabet.
func isBase64(key []byte) bool {
	text := strings.TrimRight(strings.TrimSpace(string(key)), "=")
	text = strings.NewReplacer("+", "-", "/", "_").Replace(text)
	_, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && text != ""
}
