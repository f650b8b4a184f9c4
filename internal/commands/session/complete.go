package session

import (
	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/store"
)

// CompleteNames lists the saved enrolments, for [cli.Completions].
func CompleteNames(env *cli.Env, cmd *cobra.Command) []string {
	return completing(env, cmd, enroll.Names)
}

// CompleteAccounts lists the saved accounts, for [cli.Completions].
func CompleteAccounts(env *cli.Env, cmd *cobra.Command) []string {
	return completing(env, cmd, func(s enroll.Store) ([]string, error) {
		accounts, err := enroll.Accounts(s, func(string, error) {})
		var names []string
		for _, a := range accounts {
			names = append(names, a.Name+"\t"+a.Server)
		}
		return names, err
	})
}

// CompleteServers lists the servers that are saved or in the configuration file, for
// [cli.Completions].
func CompleteServers(env *cli.Env, cmd *cobra.Command) []string {
	call := env.Completing(cmd)
	list := completing(env, cmd, func(s enroll.Store) ([]string, error) {
		saved, err := Servers(s.(*store.Store))
		var urls []string
		for _, sv := range saved {
			urls = append(urls, sv.URL)
		}
		return urls, err
	})
	for name, sv := range call.Settings.Servers {
		list = append(list, name+"\t"+sv.URL)
	}
	return list
}

// completing reads a list from the state directory; nil if that fails.
func completing(env *cli.Env, cmd *cobra.Command, list func(enroll.Store) ([]string, error)) []string {
	s, err := OpenStore(env.Completing(cmd))
	if err != nil {
		return nil
	}
	values, _ := list(s)
	return values
}
