package commands

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// notifyContext returns a context that ends at the first signal that asks the
// process to end. A second signal ends the process at once.
func notifyContext() (context.Context, context.CancelFunc) {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as it is under nohup
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
