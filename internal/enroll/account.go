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
	"github.com/nfcert/nfcert/internal/secret"
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
	KeyFile     string    `json:"keyFile"`                // absolute path
	Encrypted   bool      `json:"keyEncrypted,omitempty"` // the key's file is under a passphrase
	Thumbprint  string    `json:"thumbprint"`
	BindingKey  string    `json:"eabKid,omitempty"`
	TermsAgreed string    `json:"termsOfServiceAgreed,omitempty"` // their URL
	Created     time.Time `json:"created"`
	Updated     time.Time `json:"updated"`

	// Found says, right after a registration, that the CA had the account of
	// this key already.
	Found bool `json:"-"`
}

// DocVersion implements [store.Document].
func (*Account) DocVersion() int { return documentVersion }

// States of a saved account: those of RFC 8555 section 7.1.2, and one of ours.
const (
	statusValid = "valid"
	// statusForgotten accounts are unknown to the CA, which lost or
	// removed them; registering again makes a new account with the same key.
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
func newKeyFile(dir string) string     { return dir + "/new-key.pem" }

// AccountOptions say how to register. The zero value makes a P256 key.
type AccountOptions struct {
	Contact     []string // mailto: URLs
	TermsAgreed bool
	// AskTerms is asked about terms that are not agreed to; nil: they are not.
	AskTerms func(url string) (agreed bool, err error)
	Binding  *acmewire.Binding
	// FetchBinding gets a fresh binding, for the key of this thumbprint, when an
	// account has to be made. nil: Binding is what there is.
	FetchBinding func(ctx context.Context, server, thumbprint string) (*acmewire.Binding, error)
	KeyType      csrgen.KeyType // of a new key; "": P256, or what an interrupted registration left
	Key          crypto.Signer  // given; nil: one is made
	// Seal returns the passphrase that encrypts the key's file; it is stored
	// nowhere. nil: the file is not encrypted.
	Seal func() (secret.Bytes, error)
}

// Account registers at the server, or finds the account that the key already
// has, and makes the CA client sign with it. Unchanged reports that it was all
// there.
func (e *Engine) Account(ctx context.Context, name string, o AccountOptions) (a *Account, unchanged bool, err error) {
	a, saved, err := e.client().account(ctx, name, o)
	if saved == nil {
		return a, err == nil, err
	}
	return a, false, errors.Join(err, saved())
}

// account is Account that does not wait until what the CA answered is saved, as
// it can be asked for again (RFC 8555 section 7.3.1). A nil saved: there was
// nothing to save.
func (c *client) account(ctx context.Context, name string, o AccountOptions) (a *Account, saved func() error, err error) {
	dir, end, err := c.lockAccount(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	a, err = c.loadAccount(dir)
	switch {
	case err == nil && a.Status != statusForgotten:
		defer end()
		if err := sameKey(a, o.Key); err != nil {
			return nil, nil, err
		}
		if err := c.signWith(ctx, dir, a); err != nil {
			return nil, nil, err
		}
		if o.Seal != nil && !a.Encrypted {
			c.warn(StepAccount, "the key of account %s is not encrypted; a rollover with a passphrase makes a new one that is", a.Name)
		}
		return a, nil, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		end()
		return nil, nil, err
	}
	if a, err = c.registered(ctx, dir, name, o); a == nil {
		end()
		return nil, nil, err
	}
	wait, done := c.Store.SaveSoon(accountFile(dir), a), make(chan error, 1)
	go func() {
		defer end()
		err := wait()
		if err != nil {
			c.accounts.forget(dir)
		}
		done <- err
	}()
	return a, sync.OnceValue(func() error { return <-done }), err
}

// registered registers at the CA. An account that is returned with an error
// exists and cannot be used.
func (c *client) registered(ctx context.Context, dir, name string, o AccountOptions) (*Account, error) {
	key, kept, err := c.accountKeyAndDirectory(ctx, dir, o)
	if err != nil {
		return nil, err
	}
	thumbprint, err := acmewire.Thumbprint(key.Public())
	if err != nil {
		return nil, err
	}
	c.CA = c.CA.WithAccount(key.Signer, "")
	got, err := c.register(ctx, o, known{key: kept, thumbprint: thumbprint})
	if err != nil {
		return nil, err
	}
	now := isoTime(c.now())
	a := &Account{
		Version: documentVersion, Name: name, Server: c.CA.DirectoryURL(),
		URL: got.URL, Status: cmp.Or(got.Status, statusValid), // some servers leave it out of the answer to newAccount
		Contact: got.Contact, Orders: got.Orders,
		KeyType: csrgen.KeyTypeOf(key.Public()), KeyFile: c.Store.Path(accountKeyFile(dir)), Thumbprint: thumbprint,
		Encrypted: key.sealed(), BindingKey: got.bindingKey, TermsAgreed: got.terms,
		Created: now, Updated: now, Found: got.found,
	}
	if a.Status == statusValid {
		c.signAs(dir, a, key.Signer)
	}
	if a.Found {
		c.tell(StepAccount, "account %s found: the CA knows this key as %s", name, a.URL)
		c.warnOfSameAccount(a)
	} else {
		c.tell(StepAccount, "account %s registered: %s", name, a.URL)
	}
	c.deviations(StepAccount)
	if a.Status != statusValid {
		return a, &AccountStateError{Name: name, Status: a.Status}
	}
	return a, nil
}

// warnOfSameAccount warns of a saved account that is the same under another name:
// a rollover or a deactivation of one is of both.
func (e *Engine) warnOfSameAccount(a *Account) {
	saved, _ := Accounts(e.Store, nil) // other commands report one that cannot be read
	for _, other := range saved {
		if other.URL == a.URL && other.Server == a.Server && other.Name != a.Name {
			e.warn(StepAccount, "account %s is the same account as %s: a new key or a deactivation of one is of both", a.Name, other.Name)
		}
	}
}

// accountKeyAndDirectory is accountKey while the directory is fetched, which the
// registration begins with.
func (c *client) accountKeyAndDirectory(ctx context.Context, dir string, o AccountOptions) (key accountKey, kept bool, err error) {
	asked := make(chan error, 1)
	go func() {
		_, err := c.CA.Directory(ctx)
		asked <- err
	}()
	key, kept, err = c.accountKey(dir, o)
	return key, kept, cmp.Or(err, <-asked)
}

// UseAccount makes sure that a saved account can be used, after settling a
// rollover that an earlier run did not see the end of.
func (e *Engine) UseAccount(ctx context.Context, name string) (*Account, error) {
	return e.client().use(ctx, name)
}

// OrdersAtCA lists the URLs of an account's orders as the CA has them (RFC 8555
// section 7.1.2.1); listed is false when the CA names no list.
func (e *Engine) OrdersAtCA(ctx context.Context, name string) (urls []string, listed bool, err error) {
	c := e.client()
	a, err := c.use(ctx, name)
	if err != nil || a.Orders == "" {
		return nil, false, err
	}
	urls, err = c.CA.Orders(ctx, a.Orders)
	return urls, true, err
}

// use makes the client sign as a saved account.
func (c *client) use(ctx context.Context, name string) (*Account, error) {
	dir, end, err := c.lockAccount(ctx, name)
	if err != nil {
		return nil, err
	}
	defer end()
	return c.usable(ctx, dir, name)
}

// usable loads a saved account that must be there and makes the CA client use
// it. The caller holds the account's lock.
func (c *client) usable(ctx context.Context, dir, name string) (*Account, error) {
	a, err := c.loadAccount(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &OutOfTurnError{Name: name, Step: StepOrder, Needs: StepAccount, Found: fmt.Sprintf("no account %q at %s", name, c.CA.DirectoryURL())}
	}
	if err != nil {
		return nil, err
	}
	return a, c.signWith(ctx, dir, a)
}

// signWith makes the client sign with the account's key, after settling a
// rollover that an earlier run did not see the end of.
func (c *client) signWith(ctx context.Context, dir string, a *Account) error {
	switch a.Status {
	case statusValid:
	case statusForgotten:
		return &OutOfTurnError{Name: a.Name, Step: StepOrder, Needs: StepAccount, Found: "the CA does not know the account any more"}
	default:
		return &AccountStateError{Name: a.Name, Status: a.Status}
	}
	if kept, ok := c.accounts.kept(dir); ok && kept.Thumbprint == a.Thumbprint && kept.URL == a.URL {
		c.signAs(dir, a, kept.key)
		return nil
	}
	key, err := c.readAccountKey(accountKeyFile(dir))
	if err != nil {
		return err
	}
	next, err := c.readAccountKey(nextKeyFile(dir))
	if errors.Is(err, fs.ErrNotExist) {
		err = c.updateThumbprint(dir, a, key)
	} else if err == nil {
		key, err = c.finishRollover(ctx, dir, a, rollover{old: key, next: next})
	}
	if err != nil {
		return err
	}
	c.signAs(dir, a, key.Signer)
	return nil
}

// Forgotten notes that the CA does not know a saved account any more.
func (e *Engine) Forgotten(ctx context.Context, name string) error {
	dir, end, err := e.lockAccount(ctx, name)
	if err != nil {
		return err
	}
	defer end()
	e.accounts.forget(dir)
	a, err := e.loadAccount(dir)
	if err != nil {
		return err
	}
	a.Status, a.Updated = statusForgotten, isoTime(e.now())
	return e.Store.Save(accountFile(dir), a)
}

func (e *Engine) lockAccount(ctx context.Context, name string) (dir string, end func(), err error) {
	if err := CheckName("account", name); err != nil {
		return "", nil, err
	}
	dir = AccountDir(e.CA.DirectoryURL(), name)
	leave, err := e.accounts.lock(ctx, dir)
	if err != nil {
		return "", nil, err
	}
	lock, err := e.Store.Lock(ctx, dir)
	if err != nil {
		leave()
		return "", nil, err
	}
	return dir, func() { _ = lock.Unlock(); leave() }, nil
}

func (e *Engine) loadAccount(dir string) (*Account, error) {
	a := &Account{}
	if err := e.Store.Load(accountFile(dir), a); err != nil {
		return nil, err
	}
	return a, nil
}
