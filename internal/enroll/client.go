package enroll

import (
	"context"
	"crypto"
	"sync"

	"github.com/nfcert/nfcert/internal/acmewire"
)

// client is the CA as one run sees it. It signs with the key of the account in
// use, and shares nothing but the wire with the clients of other runs.
type client struct {
	*Engine
	CA    *acmewire.Client // in place of the engine's
	using *Account         // what CA signs as; nil: none yet
}

func (e *Engine) client() *client {
	c := &client{Engine: e}
	if e.CA != nil {
		c.CA = e.CA.WithAccount(nil, "")
	}
	return c
}

// signAs makes the client sign as a saved account.
func (c *client) signAs(dir string, a *Account, key crypto.Signer) {
	c.CA = c.CA.WithAccount(key, a.URL)
	c.using = a
	c.accounts.keep(dir, account{*a, key})
}

// signAsKept makes the client sign as an account that the engine has in use
// already, and reports whether it has.
func (c *client) signAsKept(dir string) bool {
	kept, ok := c.accounts.kept(dir)
	if ok {
		c.CA = c.CA.WithAccount(kept.key, kept.URL)
		c.using = &kept.Account
	}
	return ok
}

// accounts are what an engine has in use, by their folders in the store: many
// runs read a key, and ask for its passphrase, once.
type accounts struct {
	mu    sync.Mutex
	inUse map[string]account
	locks map[string]chan struct{} // each holds a value while a run has the account's lock
}

// account is a saved account with its key.
type account struct {
	Account
	key crypto.Signer
}

func (s *accounts) kept(dir string) (account, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.inUse[dir]
	return a, ok
}

func (s *accounts) keep(dir string, a account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inUse == nil {
		s.inUse = make(map[string]account)
	}
	s.inUse[dir] = a
}

// forget makes the next run read the account from the store.
func (s *accounts) forget(dir string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.inUse, dir)
}

// lock waits until no other run of the engine has the account's lock. That of the
// store is between processes, and not waited for this long.
func (s *accounts) lock(ctx context.Context, dir string) (unlock func(), err error) {
	s.mu.Lock()
	if s.locks == nil {
		s.locks = make(map[string]chan struct{})
	}
	if s.locks[dir] == nil {
		s.locks[dir] = make(chan struct{}, 1)
	}
	held := s.locks[dir]
	s.mu.Unlock()
	select {
	case held <- struct{}{}:
		return func() { <-held }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
