package account

import (
	"cmp"
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

func newList(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:        "list",
		SuggestFor: []string{"ls", "show"},
		Short:      "List the saved accounts and the enrolments that use them",
		Args:       cli.NoArgs,
		RunE:       env.Run(func(_ context.Context, call *cli.Call, _ []string) error { return runList(call) }),
	}
}

func runList(call *cli.Call) error {
	s, err := session.Local(call)
	if err != nil {
		return err
	}
	var unread error // returned after the others are printed
	accounts, err := enroll.Accounts(s.Store, func(_ string, err error) { unread = cmp.Or(unread, err) })
	if err != nil {
		return err
	}
	if len(accounts) == 0 && unread != nil {
		return unread
	}
	enrolments, err := session.Enrolments(call, s)
	if err != nil {
		return err
	}
	table := ui.NewTable("NAME", "STATUS", "KEY", "SERVER", "URL", "EAB KID", "CREATED", "ENROLMENTS")
	entries := []entry{}
	for _, acc := range accounts {
		e := entry{Account: acc, Enrolments: usersOf(acc, enrolments)}
		key := acc.KeyType
		if acc.Encrypted {
			key += ", encrypted"
		}
		entries = append(entries, e)
		table.Row(acc.Name, acc.Status, key, acc.Server, acc.URL, acc.BindingKey, acc.Created, strings.Join(e.Enrolments, ","))
	}
	return cmp.Or(call.PrintList("Accounts", "accounts", entries, table), unread)
}

// entry is one account in the list.
type entry struct {
	*enroll.Account
	Enrolments []string `json:"enrolments,omitempty"` // names of those that use it
}

// usersOf returns the names of the enrolments that use an account.
func usersOf(acc *enroll.Account, all []*enroll.Enrolment) (names []string) {
	for _, en := range all {
		if en.Server == acc.Server && cmp.Or(en.Account, enroll.DefaultAccount) == acc.Name {
			names = append(names, en.Name)
		}
	}
	return names
}
