package commands

import (
	"runtime"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/ui"
)

func newVersion(app *App) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "The version of nfcert", Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return app.runVersion() },
	}
}

func (a *App) runVersion() error {
	if a.machine() {
		return ui.WriteJSON(a.streams.Out, map[string]string{
			"apiVersion": apiVersion, "kind": "Version", "version": a.version, "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH,
		})
	}
	return writeAll(a.streams.Out, []byte("nfcert "+a.version+" "+runtime.Version()+" "+runtime.GOOS+"/"+runtime.GOARCH+"\n"))
}
