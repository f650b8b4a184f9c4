package commands

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

func newAccountList(app *App) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the saved accounts, and what each is used for", Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return app.runAccountList() },
	}
}

func (a *App) runAccountList() error {
	s, err := a.local()
	if err != nil {
		return err
	}
	accounts, err := enroll.Accounts(s.store)
	if err != nil {
		return err
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
	return a.printList("Accounts", "accounts", entries, table)
}

// accountEntry is one account of the list.
type accountEntry struct {
	*enroll.Account
	Enrolments []string `json:"enrolments,omitempty"` // that use it, by name
}

// usersOf names the enrolments that use an account.
func usersOf(acc *enroll.Account, all []*enroll.Enrolment) (names []string) {
	for _, en := range all {
		if en.Server == acc.Server && first(en.Account, enroll.DefaultAccount) == acc.Name {
			names = append(names, en.Name)
		}
	}
	return names
}
