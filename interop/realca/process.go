package realca

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
)

// process is a running child whose output goes straight to a file, so that
// what it printed before an answer is there once the answer has arrived.
type process struct {
	cmd     *exec.Cmd
	logFile string
	done    chan struct{} // closed when the child has been waited for
}

// startProcess starts cmd with its output appended to logFile.
func startProcess(cmd *exec.Cmd, logFile string) (*process, error) {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	dieWithParent(cmd)

	p := &process{cmd: cmd, logFile: logFile, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The kernel sends the parent-death signal when the thread that
		// forked ends, so this one is kept until the child is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.done)
		err := cmd.Start()
		started <- err
		if err == nil {
			// How a server that is killed exits says nothing.
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// Stop kills the server and waits until it is gone. It is safe to call twice.
func (p *process) Stop() {
	// Killing a child of our own fails only when it has ended already.
	_ = p.cmd.Process.Kill()
	<-p.done
}

// Log returns what the server has printed so far.
func (p *process) Log() string {
	text, err := os.ReadFile(p.logFile)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// await returns nil once ready does, and an error when the child or ctx ends
// first.
func (p *process) await(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-p.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	err := poll(ctx, ready)
	if err == nil {
		return nil
	}
	select {
	case <-p.done:
		return fmt.Errorf("%w: it printed\n%s", errExited, p.Log())
	default:
		return fmt.Errorf("%w: it printed\n%s", err, p.Log())
	}
}

// errExited tells a server that gave up from one that never became ready.
var errExited = errors.New("server exited while starting")
