package commands

import (
	"cmp"
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/store"
	"github.com/nfcert/nfcert/internal/ui"
)

func newAccountList(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the saved accounts, and what each is used for", Args: noArgs,
		RunE: env.run(func(_ context.Context, a *Call, _ []string) error { return a.runAccountList() }),
	}
}

func (a *Call) runAccountList() error {
	s, err := a.local()
	if err != nil {
		return err
	}
	var unread error // told once the others are
	accounts, err := enroll.Accounts(s.store, func(_ string, err error) { unread = cmp.Or(unread, err) })
	if err != nil {
		return err
	}
	if len(accounts) == 0 && unread != nil {
		return unread
	}
	enrolments, err := a.enrolments(s)
	if err != nil {
		return err
	}
	table := ui.NewTable("NAME", "STATUS", "KEY", "SERVER", "URL", "EAB KID", "CREATED", "ENROLMENTS")
	entries := []accountEntry{}
	for _, acc := range accounts {
		e := accountEntry{Account: acc, Enrolments: usersOf(acc, enrolments)}
		key := acc.KeyType
		if acc.Encrypted {
			key += ", encrypted"
		}
		entries = append(entries, e)
		table.Row(acc.Name, acc.Status, key, acc.Server, acc.URL, acc.BindingKey, acc.Created, strings.Join(e.Enrolments, ","))
	}
	return cmp.Or(a.printList("Accounts", "accounts", entries, table), unread)
}

// savedAccount finds the account of that name, at the server unless that is "".
// Without one it is nil.
func savedAccount(s *store.Store, name, server string) (*enroll.Account, error) {
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

// accountEntry is one account of the list.
type accountEntry struct {
	*enroll.Account
	Enrolments []string `json:"enrolments,omitempty"` // that use it, by name
}

// usersOf names the enrolments that use an account.
func usersOf(acc *enroll.Account, all []*enroll.Enrolment) (names []string) {
	for _, en := range all {
		if en.Server == acc.Server && cmp.Or(en.Account, enroll.DefaultAccount) == acc.Name {
			names = append(names, en.Name)
		}
	}
	return names
}
