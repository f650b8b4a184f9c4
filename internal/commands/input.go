package commands

import (
	"context"

	"github.com/nfcert/nfcert/internal/ui"
)

// input is standard input whose reads end with the command. Once signals are
// watched nothing else ends one that waits: an interrupt is no end of the input.
type input struct {
	app *App
	ctx context.Context
}

// Read implements [io.Reader]. The time of --timeout is that of one wait.
func (i *input) Read(p []byte) (int, error) {
	ctx, cancel := i.app.bounded(i.ctx)
	defer cancel()
	if err := ui.AwaitInput(ctx, i.app.streams.In); err != nil {
		return 0, err
	}
	return i.app.streams.In.Read(p)
}
