package enroll

import (
	"cmp"
	"context"
	"errors"
	"io/fs"

	"github.com/nfcert/nfcert/internal/acmewire"
)

// Accounts lists the saved accounts, by server and name. One that cannot be read
// is skipped and reported to unread, unless that is nil.
func Accounts(s Store, unread func(name string, err error)) ([]*Account, error) {
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
			if err == nil {
				found = append(found, a)
			} else if unread != nil {
				unread(name, err)
			}
		}
	}
	return found, nil
}

// UpdateAccount replaces the contacts at the CA (RFC 8555 section 7.3.2). With
// nil contacts it only fetches what the CA has; terms agrees to changed terms.
func (e *Engine) UpdateAccount(ctx context.Context, name string, contact []string, terms bool) (*Account, error) {
	return e.changeAccount(ctx, name, func(c *client, a *Account) (*acmewire.Account, error) {
		if contact == nil && !terms {
			return c.CA.Account(ctx)
		}
		if contact == nil {
			contact = a.Contact
		}
		return c.CA.UpdateAccount(ctx, contact, terms)
	})
}

// DeactivateAccount ends the account at the CA for good (RFC 8555 section
// 7.3.6). Key and document stay, for the record.
func (e *Engine) DeactivateAccount(ctx context.Context, name string) (*Account, error) {
	return e.changeAccount(ctx, name, func(c *client, a *Account) (*acmewire.Account, error) {
		got, err := c.CA.DeactivateAccount(ctx)
		if isUnauthorized(err) && c.ended(ctx, name) {
			// By a run that died, or that the CA's answer did not reach.
			return &acmewire.Account{Status: acmewire.StatusDeactivated, Contact: a.Contact}, nil
		}
		return got, err
	})
}

// ended reports whether the CA knows the saved key and takes nothing from its
// account any more (RFC 8555 section 7.3.6). One that was replaced elsewhere it
// does not know.
func (c *client) ended(ctx context.Context, name string) bool {
	key, err := c.readAccountKey(accountKeyFile(AccountDir(c.CA.DirectoryURL(), name)))
	if err != nil {
		return false
	}
	got, err := c.CA.WithAccount(key.Signer, "").FindAccount(ctx)
	if err == nil && got.Status == acmewire.StatusDeactivated {
		c.deviated(acmewire.DevAccountDeactivatedFound, "%s is %s", got.URL, got.Status)
		return true
	}
	return isUnauthorized(err)
}

func isUnauthorized(err error) bool {
	p, ok := errors.AsType[*acmewire.Problem](err)
	return ok && p.HasType("unauthorized")
}

func (e *Engine) changeAccount(ctx context.Context, name string, change func(*client, *Account) (*acmewire.Account, error)) (*Account, error) {
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
	e.accounts.forget(dir) // its state may change
	got, err := change(c, a)
	if err != nil {
		return nil, err
	}
	a.Status, a.Contact = cmp.Or(got.Status, a.Status), got.Contact
	a.Orders = cmp.Or(got.Orders, a.Orders)
	a.Updated = isoTime(e.now())
	return a, e.Store.Save(accountFile(dir), a)
}
