package session

import (
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/store"
)

// SavedAccount finds the saved account with that name, at any server if server is
// "". It returns nil if there is none.
func SavedAccount(s *store.Store, name, server string) (*enroll.Account, error) {
	var unread error // of an account with that name
	accounts, err := enroll.Accounts(s, func(of string, err error) {
		if of == name {
			unread = err
		}
	})
	if err != nil {
		return nil, err
	}
	for _, acc := range accounts {
		if acc.Name == name && (server == "" || server == acc.Server) {
			return acc, nil
		}
	}
	return nil, unread
}
