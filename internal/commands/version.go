package commands

import (
	"context"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/ui"
)

func newVersion(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "The version of nfcert", Args: noArgs,
		RunE: env.run(func(_ context.Context, a *Call, _ []string) error { return a.runVersion() }),
	}
}

func (a *Call) runVersion() error {
	if a.machine() {
		return ui.WriteJSON(a.Streams.Out, map[string]string{
			"apiVersion": apiVersion, "kind": "Version", "version": a.Version, "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH,
		})
	}
	return writeAll(a.Streams.Out, []byte("nfcert "+a.Version+" "+runtime.Version()+" "+runtime.GOOS+"/"+runtime.GOARCH+"\n"))
}
