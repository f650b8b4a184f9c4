package enroll

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/secret"
)

// RolloverOptions say what the new key is to be.
type RolloverOptions struct {
	KeyType csrgen.KeyType // "": as the old one
	// Seal returns the passphrase that encrypts the new key's file.
	// nil: as the old one's file.
	Seal func() (secret.Bytes, error)
}

// Rollover replaces the account's key (RFC 8555 section 7.3.5) by a new one. The
// new key is on disk before the CA hears of it, and both are kept until the CA
// has confirmed.
func (e *Engine) Rollover(ctx context.Context, name string, o RolloverOptions) (*Account, error) {
	dir, end, err := e.lockAccount(ctx, name)
	if err != nil {
		return nil, err
	}
	defer end()
	c := e.client()
	a, err := c.usable(ctx, dir, name)
	if err != nil {
		return nil, err
	}
	old, err := e.readAccountKey(accountKeyFile(dir))
	if err != nil {
		return nil, err
	}
	next := accountKey{passphrase: old.passphrase}
	if o.Seal != nil {
		if next.passphrase, err = o.Seal(); err != nil {
			return nil, err
		}
	}
	if next.Signer, err = csrgen.GenerateKey(cmp.Or(o.KeyType, csrgen.KeyType(a.KeyType))); err != nil {
		return nil, err
	}
	data, err := e.encodeKey(next)
	if err != nil {
		return nil, err
	}
	if err := e.Store.CreateKey(nextKeyFile(dir), data); err != nil {
		return nil, err
	}
	e.accounts.forget(dir)
	if err := c.CA.Rollover(ctx, next.Signer); err != nil {
		if keptOld(err) {
			if p, _ := errors.AsType[*acmewire.Problem](err); p.Status == http.StatusNotImplemented {
				e.deviated(acmewire.DevKeyChangeNotImplemented, "%v", err)
			}
			err = errors.Join(err, e.Store.Remove(nextKeyFile(dir)))
		}
		return nil, err
	}
	return a, e.swapKey(dir, a, next)
}

// keptOld reports whether a failed rollover left the old key the account's. A CA
// that failed within may have changed it: the next run asks. One that has no key
// change says so with 501.
func keptOld(err error) bool {
	p, ok := errors.AsType[*acmewire.Problem](err)
	return ok && (p.Status < http.StatusInternalServerError || p.Status == http.StatusNotImplemented)
}

// swapKey makes the next key the account's, after the CA has.
func (e *Engine) swapKey(dir string, a *Account, key accountKey) error {
	thumbprint, err := acmewire.Thumbprint(key.Public())
	if err != nil {
		return err
	}
	if err := e.Store.Rename(nextKeyFile(dir), accountKeyFile(dir)); err != nil {
		return err
	}
	a.Thumbprint, a.KeyType, a.Encrypted, a.Updated = thumbprint, csrgen.KeyTypeOf(key.Public()), key.sealed(), isoTime(e.now())
	e.tell(StepAccount, "account %s has a new key, %s", a.Name, a.KeyType)
	return e.Store.Save(accountFile(dir), a)
}

// rollover is a pair of keys of which the CA knows one.
type rollover struct{ old, next accountKey }

// finishRollover asks the CA which key is the account's when a rollover left
// both.
func (c *client) finishRollover(ctx context.Context, dir string, a *Account, keys rollover) (accountKey, error) {
	found, err := c.CA.WithAccount(keys.next.Signer, "").FindAccount(ctx)
	p, refused := errors.AsType[*acmewire.Problem](err)
	switch {
	case refused && p.HasType("accountDoesNotExist"):
		return keys.old, c.keepOldKey(dir, a)
	case refused:
		// The CA may refuse keys of this kind before it looks them up, and
		// then it has not accepted this one: it knows the old one.
		if known, oldErr := c.CA.WithAccount(keys.old.Signer, "").FindAccount(ctx); oldErr != nil || known.URL != a.URL {
			return keys.old, err
		}
		c.deviated(acmewire.DevAccountLookupRefused, "%v", err)
		return keys.old, c.keepOldKey(dir, a)
	case err != nil:
		return keys.old, err
	case found.URL != a.URL:
		return keys.old, fmt.Errorf("account %s: the new key of an unfinished rollover belongs to %s", a.Name, found.URL)
	}
	return keys.next, c.swapKey(dir, a, keys.next)
}

// keepOldKey ends a rollover of which the CA never knew.
func (e *Engine) keepOldKey(dir string, a *Account) error {
	e.tell(StepAccount, "account %s keeps its key: the CA never took the new one", a.Name)
	return e.Store.Remove(nextKeyFile(dir))
}

// updateThumbprint brings a document up to date whose key was swapped by a run
// that died before it could say so.
func (e *Engine) updateThumbprint(dir string, a *Account, key accountKey) error {
	thumbprint, err := acmewire.Thumbprint(key.Public())
	if err != nil {
		return &KeyFileError{Path: e.Store.Path(accountKeyFile(dir)), Err: err}
	}
	if thumbprint == a.Thumbprint && key.sealed() == a.Encrypted {
		return nil
	}
	a.Thumbprint, a.KeyType, a.Encrypted = thumbprint, csrgen.KeyTypeOf(key.Public()), key.sealed()
	return e.Store.Save(accountFile(dir), a)
}
