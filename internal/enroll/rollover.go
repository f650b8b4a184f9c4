package enroll

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/secret"
)

// RolloverOptions say what the new key shall be.
type RolloverOptions struct {
	KeyType csrgen.KeyType // "": as the old one
	// Seal is asked for the passphrase that the new key's file shall be under.
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
	a, err := e.usable(ctx, dir, name)
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
	if next.Signer, err = csrgen.GenerateKey(csrgen.KeyType(orString(string(o.KeyType), a.KeyType))); err != nil {
		return nil, err
	}
	data, err := e.encodeKey(next)
	if err != nil {
		return nil, err
	}
	if err := e.Store.CreateKey(nextKeyFile(dir), data); err != nil {
		return nil, err
	}
	if err := e.CA.Rollover(ctx, next.Signer); err != nil {
		if keptOld(err) {
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

// settleRollover asks the CA which key is the account's when a rollover left
// both.
func (e *Engine) settleRollover(ctx context.Context, dir string, a *Account, keys rollover) error {
	e.CA.SetAccount(keys.next.Signer, "")
	found, err := e.CA.FindAccount(ctx)
	p, refused := errors.AsType[*acmewire.Problem](err)
	switch {
	case refused && p.HasType("accountDoesNotExist"):
		return e.keepOldKey(dir, a, keys)
	case refused:
		// The CA may refuse keys of this kind before it looks for one, so that
		// it cannot have taken it: it knows the old one then.
		e.CA.SetAccount(keys.old.Signer, "")
		if known, oldErr := e.CA.FindAccount(ctx); oldErr != nil || known.URL != a.URL {
			return err
		}
		return e.keepOldKey(dir, a, keys)
	case err != nil:
		return err
	case found.URL != a.URL:
		return fmt.Errorf("account %s: the new key of an unfinished rollover belongs to %s", a.Name, found.URL)
	}
	return e.swapKey(dir, a, keys.next)
}

// keepOldKey ends a rollover of which the CA never knew.
func (e *Engine) keepOldKey(dir string, a *Account, keys rollover) error {
	e.CA.SetAccount(keys.old.Signer, a.URL)
	e.tell(StepAccount, "account %s keeps its key: the CA never took the new one", a.Name)
	return e.Store.Remove(nextKeyFile(dir))
}

// mendThumbprint brings a document up to date whose key was swapped by a run
// that died before it could say so.
func (e *Engine) mendThumbprint(dir string, a *Account, key accountKey) error {
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
