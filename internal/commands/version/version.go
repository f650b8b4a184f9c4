// Package version is nfcert version: it prints the version of nfcert.
package version

import (
	"context"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/ui"
)

// New returns nfcert version.
func New(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version of nfcert", Args: cli.NoArgs,
		RunE: env.Run(func(_ context.Context, call *cli.Call, _ []string) error { return runVersion(call) }),
	}
}

func runVersion(call *cli.Call) error {
	if call.Machine() {
		return ui.WriteJSON(call.Streams.Out, map[string]string{
			"apiVersion": cli.APIVersion, "kind": "Version", "version": call.Version, "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH,
		})
	}
	return cli.WriteAll(call.Streams.Out, []byte(Line(call.Env)+"\n"))
}

// Line returns the version of nfcert, the Go version and the platform in one line.
func Line(env *cli.Env) string {
	return "nfcert " + env.Version + " " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
}
