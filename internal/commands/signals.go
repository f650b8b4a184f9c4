package commands

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// interruptible is a context that ends at the first of the signals that ask the
// process to end. It watches for them only from when it is first asked: until
// then nothing is begun that would have to be undone, and a signal may end the
// process at once, as a second one always does.
type interruptible struct{ watch func() context.Context }

func newInterruptible() *interruptible {
	return &interruptible{watch: sync.OnceValue(func() context.Context {
		signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
		if !signal.Ignored(syscall.SIGHUP) { // as it is under nohup
			signals = append(signals, syscall.SIGHUP)
		}
		ctx, stop := signal.NotifyContext(context.Background(), signals...)
		context.AfterFunc(ctx, stop) // which restores what a signal does by default
		return ctx
	})}
}

// Deadline implements [context.Context].
func (c *interruptible) Deadline() (deadline time.Time, ok bool) { return c.watch().Deadline() }

// Done implements [context.Context].
func (c *interruptible) Done() <-chan struct{} { return c.watch().Done() }

// Err implements [context.Context].
func (c *interruptible) Err() error { return c.watch().Err() }

// Value implements [context.Context].
func (c *interruptible) Value(key any) any { return c.watch().Value(key) }
