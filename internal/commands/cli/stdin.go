package cli

import (
	"context"

	"github.com/nfcert/nfcert/internal/ui"
)

// input is standard input whose reads end with the command's context. nfcert handles
// signals itself, so without this a signal would not end a read.
type input struct {
	call *Call
	ctx  context.Context
}

// Read implements [io.Reader]. --timeout bounds each wait.
func (i *input) Read(p []byte) (int, error) {
	ctx, cancel := i.call.Bounded(i.ctx)
	defer cancel()
	if err := ui.AwaitInput(ctx, i.call.Streams.In); err != nil {
		return 0, err
	}
	return i.call.Streams.In.Read(p)
}
