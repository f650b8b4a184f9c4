package enroll

import (
	"context"
	"crypto"
	"errors"
	"fmt"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/csrgen"
)

// Rollover replaces the account's key (RFC 8555 section 7.3.5) by a new one of
// the given type. The new key is on disk before the CA hears of it, and both
// are kept until the CA has confirmed.
func (e *Engine) Rollover(ctx context.Context, name string, kind csrgen.KeyType) (*Account, error) {
	dir, end, err := e.lockAccount(ctx, name)
	if err != nil {
		return nil, err
	}
	defer end()
	a, err := e.usable(ctx, dir, name)
	if err != nil {
		return nil, err
	}
	key, err := csrgen.GenerateKey(csrgen.KeyType(orString(string(kind), a.KeyType)))
	if err != nil {
		return nil, err
	}
	data, err := csrgen.MarshalKey(key)
	if err != nil {
		return nil, err
	}
	if err := e.Store.CreateKey(nextKeyFile(dir), data); err != nil {
		return nil, err
	}
	if err := e.CA.Rollover(ctx, key); err != nil {
		if refused(err) { // the CA said no: the old key stays
			err = errors.Join(err, e.Store.Remove(nextKeyFile(dir)))
		}
		return nil, err
	}
	return a, e.swapKey(dir, a, key)
}

// swapKey makes the next key the account's, after the CA has.
func (e *Engine) swapKey(dir string, a *Account, key crypto.Signer) error {
	thumbprint, err := acmewire.Thumbprint(key.Public())
	if err != nil {
		return err
	}
	if err := e.Store.Rename(nextKeyFile(dir), accountKeyFile(dir)); err != nil {
		return err
	}
	a.Thumbprint, a.KeyType, a.Updated = thumbprint, csrgen.KeyTypeOf(key.Public()), isoTime(e.now())
	e.tell(StepAccount, "account %s has a new key, %s", a.Name, a.KeyType)
	return e.Store.Save(accountFile(dir), a)
}

// rollover is a pair of keys of which the CA knows one.
type rollover struct{ old, next crypto.Signer }

// settleRollover asks the CA which key is the account's when a rollover left
// both.
func (e *Engine) settleRollover(ctx context.Context, dir string, a *Account, keys rollover) error {
	e.CA.SetAccount(keys.next, "")
	found, err := e.CA.FindAccount(ctx)
	var p *acmewire.Problem
	switch {
	case errors.As(err, &p) && p.HasType("accountDoesNotExist"):
		e.CA.SetAccount(keys.old, a.URL)
		e.tell(StepAccount, "account %s keeps its key: the CA never saw the new one", a.Name)
		return e.Store.Remove(nextKeyFile(dir))
	case err != nil:
		return err
	case found.URL != a.URL:
		return fmt.Errorf("account %s: the new key of an unfinished rollover belongs to %s", a.Name, found.URL)
	}
	return e.swapKey(dir, a, keys.next)
}

// mendThumbprint brings a document up to date whose key was swapped by a run
// that died before it could say so.
func (e *Engine) mendThumbprint(dir string, a *Account, key crypto.Signer) error {
	thumbprint, err := acmewire.Thumbprint(key.Public())
	if err != nil {
		return &KeyFileError{Path: e.Store.Path(accountKeyFile(dir)), Err: err}
	}
	if thumbprint == a.Thumbprint {
		return nil
	}
	a.Thumbprint, a.KeyType = thumbprint, csrgen.KeyTypeOf(key.Public())
	return e.Store.Save(accountFile(dir), a)
}
