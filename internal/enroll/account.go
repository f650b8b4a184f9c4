package enroll

import (
	"cmp"
	"context"
	"crypto"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/csrgen"
)

// Account is a saved ACME account.
type Account struct {
	Version     int       `json:"version"`
	Name        string    `json:"name"`
	Server      string    `json:"server"` // directory URL
	URL         string    `json:"url"`
	Status      string    `json:"status"`
	Contact     []string  `json:"contact,omitempty"`
	Orders      string    `json:"orders,omitempty"` // where the CA lists them
	KeyType     string    `json:"keyType"`
	KeyFile     string    `json:"keyFile"` // absolute path
	Thumbprint  string    `json:"thumbprint"`
	BindingKey  string    `json:"eabKid,omitempty"`
	TermsAgreed string    `json:"termsOfServiceAgreed,omitempty"` // their URL
	Created     time.Time `json:"created"`
	Updated     time.Time `json:"updated"`
}

// DocVersion implements [store.Document].
func (*Account) DocVersion() int { return documentVersion }

// States of a saved account: those of RFC 8555 section 7.1.2, and one of ours.
const (
	statusValid = "valid"
	// statusForgotten accounts are unknown to the CA, which lost or was rid of
	// them; registering again makes a new one of the same key.
	statusForgotten = "forgotten"
)

const accountsDir = "accounts"

// AccountDir is the folder of an account in the store.
func AccountDir(directoryURL, name string) string {
	return accountsDir + "/" + ServerID(directoryURL) + "/" + name
}

func accountFile(dir string) string    { return dir + "/account.json" }
func accountKeyFile(dir string) string { return dir + "/key.pem" }
func nextKeyFile(dir string) string    { return dir + "/next-key.pem" }

// AccountOptions say how to register. The zero value makes a P256 key.
type AccountOptions struct {
	Contact     []string // mailto: URLs
	TermsAgreed bool
	// AskTerms is asked about terms that are not agreed to; nil: they are not.
	AskTerms func(url string) (agreed bool, err error)
	Binding  *acmewire.Binding
	KeyType  csrgen.KeyType // of a new key; "": P256, or what an interrupted registration left
	Key      crypto.Signer  // brought along; nil: one is made
}

// Account registers at the server, or finds the account that the key already
// has, and makes the CA client sign with it. Unchanged reports that it was all
// there.
func (e *Engine) Account(ctx context.Context, name string, o AccountOptions) (a *Account, unchanged bool, err error) {
	a, saved, err := e.account(ctx, name, o)
	if saved == nil {
		return a, err == nil, err
	}
	return a, false, errors.Join(err, saved())
}

// account is Account that does not wait until what the CA answered is saved, as
// it can be asked for again (RFC 8555 section 7.3.1). A nil saved: there was
// nothing to save.
func (e *Engine) account(ctx context.Context, name string, o AccountOptions) (a *Account, saved func() error, err error) {
	dir, end, err := e.lockAccount(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	a, err = e.loadAccount(dir)
	switch {
	case err == nil && a.Status != statusForgotten:
		defer end()
		if err := sameKey(a, o.Key); err != nil {
			return nil, nil, err
		}
		return a, nil, e.use(ctx, dir, a)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		end()
		return nil, nil, err
	}
	if a, err = e.registered(ctx, dir, name, o); a == nil {
		end()
		return nil, nil, err
	}
	wait, done := e.Store.SaveSoon(accountFile(dir), a), make(chan error, 1)
	go func() {
		defer end()
		done <- wait()
	}()
	return a, sync.OnceValue(func() error { return <-done }), err
}

// registered gets the account at the CA. With an error beside it the account is
// there and cannot be used.
func (e *Engine) registered(ctx context.Context, dir, name string, o AccountOptions) (*Account, error) {
	key, kept, err := e.accountKeyMeanwhile(ctx, dir, o)
	if err != nil {
		return nil, err
	}
	e.CA.SetAccount(key, "")
	got, created, terms, err := e.register(ctx, o, kept)
	if err != nil {
		return nil, err
	}
	thumbprint, err := acmewire.Thumbprint(key.Public())
	if err != nil {
		return nil, err
	}
	now := isoTime(e.now())
	a := &Account{
		Version: documentVersion, Name: name, Server: e.CA.DirectoryURL(),
		URL: got.URL, Status: got.Status, Contact: got.Contact, Orders: got.Orders,
		KeyType: csrgen.KeyTypeOf(key.Public()), KeyFile: e.Store.Path(accountKeyFile(dir)), Thumbprint: thumbprint,
		TermsAgreed: terms, Created: now, Updated: now,
	}
	if a.Status == "" { // some servers leave it out of the answer to newAccount
		a.Status = statusValid
	}
	if o.Binding != nil {
		a.BindingKey = o.Binding.KeyID
	}
	e.inUse = name
	if created {
		e.tell(StepAccount, "account %s registered: %s", name, a.URL)
	} else {
		e.tell(StepAccount, "account %s found: the CA knows this key as %s", name, a.URL)
	}
	e.deviations(StepAccount)
	if a.Status != statusValid {
		return a, &AccountStateError{Name: name, Status: a.Status}
	}
	return a, nil
}

// accountKeyMeanwhile is accountKey while the directory is fetched, which the
// registration begins with.
func (e *Engine) accountKeyMeanwhile(ctx context.Context, dir string, o AccountOptions) (key crypto.Signer, kept bool, err error) {
	asked := make(chan error, 1)
	go func() {
		_, err := e.CA.Directory(ctx)
		asked <- err
	}()
	key, kept, err = e.accountKey(dir, o)
	return key, kept, cmp.Or(err, <-asked)
}

// sameKey refuses a brought key that is not the saved account's.
func sameKey(a *Account, key crypto.Signer) error {
	if key == nil {
		return nil
	}
	t, err := acmewire.Thumbprint(key.Public())
	if err != nil {
		return err
	}
	if t != a.Thumbprint {
		return &ConflictError{Name: "account " + a.Name, Field: "key", Saved: a.Thumbprint, Asked: t, Why: "the account has its key already; a rollover replaces it, another name makes another account"}
	}
	return nil
}

// wants reports whether a key is the one that is brought, or of the kind that
// is asked for.
func (o AccountOptions) wants(key crypto.Signer) bool {
	if o.Key != nil {
		return csrgen.SameKey(key.Public(), o.Key.Public())
	}
	return o.KeyType == "" || string(o.KeyType) == csrgen.KeyTypeOf(key.Public())
}

// accountKey loads the key that an interrupted registration left, or keeps a
// brought or new one. kept tells that the CA may know it.
func (e *Engine) accountKey(dir string, o AccountOptions) (key crypto.Signer, kept bool, err error) {
	rel := accountKeyFile(dir)
	data, err := e.Store.ReadFile(rel)
	if err == nil {
		if key, err = csrgen.ParseKey(rel, data); err != nil {
			return nil, false, &KeyFileError{Path: e.Store.Path(rel), Err: err}
		}
		if o.wants(key) {
			return key, true, nil
		}
		// No account document names the left key: the registration never
		// ended, and the user wants another key now.
		if err := e.Store.Remove(rel); err != nil {
			return nil, false, err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, false, err
	}
	key, kept = o.Key, o.Key != nil
	if key == nil {
		if key, err = csrgen.GenerateKey(csrgen.KeyType(orString(string(o.KeyType), "P256"))); err != nil {
			return nil, false, err
		}
	}
	if data, err = csrgen.MarshalKey(key); err != nil {
		return nil, false, err
	}
	return key, kept, e.Store.CreateKey(rel, data)
}

func orString(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

// register asks for the account. known tells that the CA may have one for the
// key already, which then needs neither terms nor binding.
func (e *Engine) register(ctx context.Context, o AccountOptions, known bool) (a *acmewire.Account, created bool, terms string, err error) {
	d, err := e.CA.Directory(ctx)
	if err != nil {
		return nil, false, "", err
	}
	terms = d.Meta.TermsOfService
	if terms != "" && !o.TermsAgreed && o.AskTerms != nil {
		if o.TermsAgreed, err = o.AskTerms(terms); err != nil {
			return nil, false, "", err
		}
	}
	var lacks error
	switch {
	case terms != "" && !o.TermsAgreed:
		lacks = &TermsError{URL: terms}
	case d.Meta.ExternalAccountRequired && o.Binding == nil:
		lacks = &BindingRequiredError{Server: e.CA.DirectoryURL()}
	}
	if lacks == nil {
		a, created, err = e.CA.Register(ctx, acmewire.NewAccount{Contact: o.Contact, TermsAgreed: o.TermsAgreed, Binding: o.Binding})
		return a, created, terms, err
	}
	if !known {
		return nil, false, "", lacks
	}
	a, err = e.CA.FindAccount(ctx)
	var p *acmewire.Problem
	if errors.As(err, &p) && p.HasType("accountDoesNotExist") {
		return nil, false, "", lacks
	}
	return a, false, "", err
}

// UseAccount makes the CA client sign with a saved account.
func (e *Engine) UseAccount(ctx context.Context, name string) (*Account, error) {
	dir, end, err := e.lockAccount(ctx, name)
	if err != nil {
		return nil, err
	}
	defer end()
	return e.usable(ctx, dir, name)
}

// usable loads a saved account that must be there and makes the CA client use
// it. The caller holds the account's lock.
func (e *Engine) usable(ctx context.Context, dir, name string) (*Account, error) {
	a, err := e.loadAccount(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &OutOfTurnError{Name: name, Step: StepOrder, Needs: StepAccount, Found: fmt.Sprintf("there is no account %q at %s", name, e.CA.DirectoryURL())}
	}
	if err != nil {
		return nil, err
	}
	return a, e.use(ctx, dir, a)
}

// use makes the CA client sign with the account's key, after settling a
// rollover that an earlier run did not see the end of.
func (e *Engine) use(ctx context.Context, dir string, a *Account) error {
	switch a.Status {
	case statusValid:
	case statusForgotten:
		return &OutOfTurnError{Name: a.Name, Step: StepOrder, Needs: StepAccount, Found: "the CA does not know the account any more"}
	default:
		return &AccountStateError{Name: a.Name, Status: a.Status}
	}
	key, err := e.readKey(accountKeyFile(dir))
	if err != nil {
		return err
	}
	e.CA.SetAccount(key, a.URL)
	e.inUse = a.Name
	next, err := e.readKey(nextKeyFile(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return e.mendThumbprint(dir, a, key)
	}
	if err != nil {
		return err
	}
	return e.settleRollover(ctx, dir, a, rollover{old: key, next: next})
}

func (e *Engine) readKey(rel string) (crypto.Signer, error) {
	data, err := e.Store.ReadFile(rel)
	if err != nil {
		return nil, &KeyFileError{Path: e.Store.Path(rel), Err: err}
	}
	key, err := csrgen.ParseKey(rel, data)
	if err != nil {
		return nil, &KeyFileError{Path: e.Store.Path(rel), Err: err}
	}
	return key, nil
}

// Forgotten notes that the CA does not know a saved account any more.
func (e *Engine) Forgotten(ctx context.Context, name string) error {
	dir, end, err := e.lockAccount(ctx, name)
	if err != nil {
		return err
	}
	defer end()
	a, err := e.loadAccount(dir)
	if err != nil {
		return err
	}
	e.inUse = ""
	a.Status, a.Updated = statusForgotten, isoTime(e.now())
	return e.Store.Save(accountFile(dir), a)
}

func (e *Engine) lockAccount(ctx context.Context, name string) (dir string, end func(), err error) {
	if err := CheckName("account", name); err != nil {
		return "", nil, err
	}
	dir = AccountDir(e.CA.DirectoryURL(), name)
	lock, err := e.Store.Lock(ctx, dir)
	if err != nil {
		return "", nil, err
	}
	return dir, func() { _ = lock.Unlock() }, nil
}

func (e *Engine) loadAccount(dir string) (*Account, error) {
	a := &Account{}
	if err := e.Store.Load(accountFile(dir), a); err != nil {
		return nil, err
	}
	return a, nil
}

// Accounts lists the saved accounts, by server and name.
func Accounts(s Store) ([]*Account, error) {
	servers, err := s.List(accountsDir)
	if err != nil {
		return nil, err
	}
	var found []*Account
	for _, server := range servers {
		names, err := s.List(accountsDir + "/" + server)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			a := &Account{}
			err := s.Load(accountFile(accountsDir+"/"+server+"/"+name), a)
			if errors.Is(err, fs.ErrNotExist) {
				continue // a registration that did not end
			}
			if err != nil {
				return nil, err
			}
			found = append(found, a)
		}
	}
	return found, nil
}

// UpdateAccount replaces the contacts at the CA (RFC 8555 section 7.3.2). With
// nil contacts it only fetches what the CA has; terms agrees to changed terms.
func (e *Engine) UpdateAccount(ctx context.Context, name string, contact []string, terms bool) (*Account, error) {
	return e.changeAccount(ctx, name, func(a *Account) (*acmewire.Account, error) {
		if contact == nil && !terms {
			return e.CA.Account(ctx)
		}
		if contact == nil {
			contact = a.Contact
		}
		return e.CA.UpdateAccount(ctx, contact, terms)
	})
}

// DeactivateAccount ends the account at the CA for good (RFC 8555 section
// 7.3.6). Key and document stay, for the record.
func (e *Engine) DeactivateAccount(ctx context.Context, name string) (*Account, error) {
	return e.changeAccount(ctx, name, func(*Account) (*acmewire.Account, error) {
		return e.CA.DeactivateAccount(ctx)
	})
}

func (e *Engine) changeAccount(ctx context.Context, name string, change func(*Account) (*acmewire.Account, error)) (*Account, error) {
	dir, end, err := e.lockAccount(ctx, name)
	if err != nil {
		return nil, err
	}
	defer end()
	a, err := e.usable(ctx, dir, name)
	if err != nil {
		return nil, err
	}
	got, err := change(a)
	if err != nil {
		return nil, err
	}
	a.Status, a.Contact = orString(got.Status, a.Status), got.Contact
	a.Orders = orString(got.Orders, a.Orders)
	e.inUse = "" // its state may have changed
	a.Updated = isoTime(e.now())
	return a, e.Store.Save(accountFile(dir), a)
}
