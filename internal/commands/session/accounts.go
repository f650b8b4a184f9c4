package session

import (
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/store"
)

// SavedAccount finds the account of that name, at the server unless that is "".
// Without one it is nil.
func SavedAccount(s *store.Store, name, server string) (*enroll.Account, error) {
	var unread error // it may be the one
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
