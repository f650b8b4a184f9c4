package show

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/ui"
)

func newConfig(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use: "config", Short: "Show each setting with its value and source", Args: cli.NoArgs,
		Long: `Show the flags that every command takes, and all other flags that a variable or
the configuration file sets, each with its value and the source of the value.`,
		RunE: env.Run(func(_ context.Context, call *cli.Call, _ []string) error { return runConfig(call) }),
	}
}

func runConfig(call *cli.Call) error {
	dir, err := session.StateDir(call)
	if err != nil {
		return err
	}
	table := ui.NewTable("SETTING", "VALUE", "FROM")
	values := call.AllSettings()
	for i, v := range values {
		if v.Flag == "state" && v.Source == "default" {
			values[i].Value = dir
		}
		table.Row(v.Flag, values[i].Value, v.Source)
	}
	return call.PrintList("Config", "settings", values, table)
}
